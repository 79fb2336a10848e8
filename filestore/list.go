package filestore

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/coatcheck/coatcheck"
)

// maxPage and pageBytes bound a page.
const (
	maxPage   = 1000
	pageBytes = 16 << 20
)

// checkPage checks what List and Owned are given: their cursor is the last ID
// of the page before.
func checkPage(cursor string, limit int) error {
	if err := checkLimit(limit); err != nil {
		return err
	}
	if _, ok := parseID(cursor); !ok && cursor != "" {
		return errCursor
	}
	return nil
}

// List implements [coatcheck.Lister]. The order is that of the IDs. A page has
// at most a thousand records and not many more than 16 MiB, and leaves out what
// has expired. Damaged records are left out and logged.
func (s *Store) List(ctx context.Context, cursor string, limit int) (recs []*coatcheck.Record, next string, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.leave()
	if err := checkPage(cursor, limit); err != nil {
		return nil, "", err
	}
	now, size := s.now(), 0
	for id, f := range s.walk(ctx, cursor, &err) {
		if len(recs) == min(limit, maxPage) || size >= pageBytes {
			return recs, cursor, nil
		}
		rec, err := load(f, id)
		switch {
		case isCorrupt(err):
			s.complain(ctx, id, err)
		case isMissing(err):
		case err != nil:
			return nil, "", failed("list", id, err)
		case rec.Live(now):
			recs = append(recs, rec)
			size += len(rec.Data)
		}
		cursor = fileName(id)
	}
	if err != nil {
		return nil, "", err
	}
	return recs, "", nil
}

// complain reports a damaged record.
func (s *Store) complain(ctx context.Context, id coatcheck.ID, err error) {
	s.logger.WarnContext(ctx, "filestore: a session's file is damaged", "id", id, "err", bare(err))
}

// walk yields the IDs that have files, in their order, behind the one that
// after names, and the folders they are in. An error ends it and goes to fail.
func (s *Store) walk(ctx context.Context, after string, fail *error) func(yield func(coatcheck.ID, folder) bool) {
	return func(yield func(coatcheck.ID, folder) bool) {
		first, _ := parseID(after) // zero for ""
		var there present
		if there, *fail = presentIn(s.records); *fail != nil {
			return
		}
		for n := int(first[0]); n < shards; n++ {
			if *fail = ctx.Err(); *fail != nil {
				return
			}
			if !there[n] {
				continue
			}
			f, ids, err := s.ids(ctx, byte(n), after)
			if err != nil {
				*fail = err
				return
			}
			for _, id := range ids {
				if *fail = ctx.Err(); *fail != nil {
					return
				}
				if !yield(id, f) {
					return
				}
			}
		}
	}
}

// present says which of the 256 directories there are.
type present [shards]bool

// presentIn looks which directories there are in root. A new store has few.
func presentIn(root *os.Root) (p present, err error) {
	names, err := namesIn(root)
	if isMissing(err) {
		err = removed{err}
	}
	if err != nil {
		return p, fmt.Errorf("filestore: %w", bare(err))
	}
	for _, name := range names {
		if n, err := strconv.ParseUint(name, 16, 8); err == nil && name == shardName(byte(n)) {
			p[n] = true
		}
	}
	return p, nil
}

func namesIn(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// ids returns the IDs of a shard behind the one that after names, sorted.
func (s *Store) ids(ctx context.Context, n byte, after string) (folder, []coatcheck.ID, error) {
	f, err := s.open(n, false)
	if isMissing(err) {
		return nil, nil, nil
	}
	var names []string
	if err == nil {
		names, err = s.names(ctx, n)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("filestore: list %s: %w", shardName(n), bare(err))
	}
	slices.Sort(names)
	ids := make([]coatcheck.ID, 0, len(names))
	for _, name := range names {
		if id, ok := parseID(name); ok && name > after {
			ids = append(ids, id)
		}
	}
	return f, ids, nil
}

// names returns the names in a shard. It takes the lock: where a file that is
// written takes the place of another, many a file system moves the name, so that
// who is just reading the directory may meet it twice, or not at all.
func (s *Store) names(ctx context.Context, n byte) ([]string, error) {
	h, err := s.lock(ctx, coatcheck.ID{n})
	if err != nil {
		return nil, err
	}
	defer h.unlock()
	return h.folder.names()
}
