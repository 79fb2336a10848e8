package filestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// maxLooks is how many files and entries one batch of a sweep looks at.
const maxLooks = 2000

// Sweep implements [coatcheck.Sweeper]. It reads the heads of files and none of
// their data. Behind the records it looks through the entries of the index and
// removes those whose record is gone. It also removes what processes left that
// died while they wrote. A file whose head is damaged stays until it is
// deleted. What cannot be swept is logged, and does not keep the rest.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if err := s.enter(ctx); err != nil {
		return coatcheck.SweepResult{}, err
	}
	defer s.leave()
	at, err := parsePlace(cursor)
	if err == nil {
		err = checkLimit(limit)
	}
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	b := batch{Store: s, ctx: ctx, before: before, limit: limit, looks: maxLooks}
	records, err := presentIn(s.records)
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	owners, err := presentIn(s.owners)
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	for at.n < 2*shards && !b.over() {
		switch {
		case at.n < shards && records[at.n]:
			at, err = b.sweepShard(at)
		case at.n >= shards && owners[at.n-shards]:
			at, err = b.sweepEntries(at)
		default:
			at = place{n: at.n + 1}
		}
		if err != nil { // there may be no more to this directory, but there is to others
			at = place{n: at.n + 1}
		}
		if err = b.pass(err); err != nil {
			return coatcheck.SweepResult{Deleted: b.deleted}, err
		}
	}
	return coatcheck.SweepResult{Deleted: b.deleted, Next: at.String()}, ctx.Err()
}

// A place is where a batch begins: behind a name in one of the directories, of
// which those of the records come first.
type place struct {
	n    int
	name string // "" for the beginning
}

func (p place) String() string {
	if p.n == 2*shards {
		return ""
	}
	return strconv.Itoa(p.n) + ":" + p.name
}

// parsePlace reads what String wrote.
func parsePlace(cursor string) (p place, err error) {
	if cursor == "" {
		return p, nil
	}
	n, name, _ := strings.Cut(cursor, ":")
	p.name = name
	if p.n, err = strconv.Atoi(n); err != nil || p.n < 0 || p.n >= 2*shards || p.String() != cursor {
		return p, errCursor
	}
	_, isRecord := parseID(name)
	_, isEntry := parseEntry(name)
	if name != "" && !(p.n < shards && isRecord) && !(p.n >= shards && isEntry) {
		return p, errCursor
	}
	return p, nil
}

// A batch is one call of Sweep.
type batch struct {
	*Store
	ctx     context.Context
	before  time.Time
	limit   int // of deleted
	looks   int // that are left
	deleted int
}

// pass lets the sweep go on behind what cannot be swept, a bad sector perhaps,
// which would else be in the way of every sweep to come. It returns err if that
// is about the call itself.
func (b *batch) pass(err error) error {
	if err == nil || b.ctx.Err() != nil || errors.Is(err, errClosed) {
		return err
	}
	b.logger.WarnContext(b.ctx, "filestore: a part of a sweep fails", "err", err)
	return nil
}

func (b *batch) over() bool { return b.deleted == b.limit || b.looks <= 0 || b.ctx.Err() != nil }

// sweepShard looks at the files of one directory, and returns where to go on.
func (b *batch) sweepShard(at place) (place, error) {
	b.looks-- // an empty directory takes time, too
	f, err := b.open(byte(at.n), false)
	if isMissing(err) {
		return place{n: at.n + 1}, nil
	}
	var names []string
	if err == nil {
		names, err = f.names()
	}
	if err != nil {
		return at, fmt.Errorf("filestore: sweep %s: %w", shardName(byte(at.n)), bare(err))
	}
	slices.Sort(names)
	for _, name := range names {
		id, ok := parseID(name)
		switch {
		case name == tempName:
			err = b.clean(byte(at.n))
		case !ok, name <= at.name:
			continue
		case b.over():
			return at, nil
		default:
			b.looks--
			err = b.sweepFile(f, id)
			at.name = name
		}
		if err = b.pass(err); err != nil {
			return at, err
		}
	}
	return place{n: at.n + 1}, nil
}

// clean removes what a process left that died while it wrote. One that lives
// holds the lock while it writes.
func (b *batch) clean(n byte) error {
	id := coatcheck.ID{n}
	return b.locked(b.ctx, "sweep", id, func(h hold) error {
		if err := h.folder.remove(tempName); err != nil && !isMissing(err) {
			return err
		}
		return nil
	})
}

// sweepFile deletes a record if it had expired. It looks again when it has the
// lock: meanwhile it may have been touched, or created anew.
func (b *batch) sweepFile(f folder, id coatcheck.ID) error {
	hd, _, err := readHead(f, id)
	switch {
	case isMissing(err):
		return nil
	case isCorrupt(err):
		b.complain(b.ctx, id, err)
		return nil
	case err != nil:
		return failed("sweep", id, err)
	case hd.live(b.before):
		return nil
	}
	return b.locked(b.ctx, "sweep", id, func(h hold) error {
		hd, owner, err := h.head(id)
		if isMissing(err) || isCorrupt(err) || err == nil && hd.live(b.before) {
			return nil
		}
		if err == nil {
			err = h.delete(id, owner)
		}
		if err == nil {
			b.deleted++
		}
		return err
	})
}

// sweepEntries looks at the entries in one directory, and returns where to go
// on.
func (b *batch) sweepEntries(at place) (place, error) {
	b.looks--
	dir := shardName(byte(at.n - shards))
	names, err := b.entries(dir, "")
	if err != nil {
		return at, fmt.Errorf("filestore: sweep entries %s: %w", dir, bare(err))
	}
	for _, name := range names {
		e, ok := parseEntry(name)
		if !ok || name <= at.name {
			continue
		}
		if b.over() {
			return at, nil
		}
		b.looks--
		if err := b.pass(b.sweepEntry(e)); err != nil {
			return at, err
		}
		at.name = name
	}
	return place{n: at.n + 1}, nil
}
