package broken

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

var indexes = []Store{
	{"index-keeps-stubs", func(r *Reference) coatcheck.Store { return indexKeepsStubs{r} }},
	{"index-keeps-deleted", func(r *Reference) coatcheck.Store { return indexKeepsDeleted{r} }},
	{"index-keeps-overwritten", func(r *Reference) coatcheck.Store { return indexKeepsOverwritten{r} }},
	{"index-loses-concurrent-entries", func(r *Reference) coatcheck.Store { return indexLoses{r} }},
	{"index-by-prefix", func(r *Reference) coatcheck.Store { return indexMatching{r, strings.HasPrefix} }},
	{"index-folds-case", func(r *Reference) coatcheck.Store { return indexMatching{r, strings.EqualFold} }},
	{"index-trims-owner", func(r *Reference) coatcheck.Store {
		return indexMatching{r, func(a, b string) bool { return strings.TrimRight(a, " ") == strings.TrimRight(b, " ") }}
	}},
	{"index-ends-with-the-newest", func(r *Reference) coatcheck.Store { return newIndexEnding(r) }},
	{"index-loses-replaced", func(r *Reference) coatcheck.Store { return indexLosesReplaced{r} }},
	{"index-takes-refused", func(r *Reference) coatcheck.Store { return indexTakesRefused{r} }},
	{"index-of-nobody", func(r *Reference) coatcheck.Store { return indexOfNobody{r} }},
}

// reindex adds an entry that should not be there.
func (s *Reference) reindex(owner string, id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index(owner, id)
}

// ownerOf returns the owner of what is stored under id, expired or not.
func (s *Reference) ownerOf(id coatcheck.ID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.records[id]; rec != nil {
		return rec.Owner
	}
	return ""
}

// indexKeepsStubs leaves the entry when Replace takes the owner away.
type indexKeepsStubs struct{ *Reference }

func (s indexKeepsStubs) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	owner := s.ownerOf(rec.ID)
	err := s.Reference.Replace(ctx, rec, old)
	if err == nil {
		s.reindex(owner, rec.ID)
	}
	return err
}

// indexKeepsDeleted leaves the entry when the record goes.
type indexKeepsDeleted struct{ *Reference }

func (s indexKeepsDeleted) Delete(ctx context.Context, id coatcheck.ID) error {
	owner := s.ownerOf(id)
	err := s.Reference.Delete(ctx, id)
	s.reindex(owner, id)
	return err
}

// indexKeepsOverwritten leaves the entry of an expired record when another
// owner's takes its place.
type indexKeepsOverwritten struct{ *Reference }

func (s indexKeepsOverwritten) Create(ctx context.Context, rec *coatcheck.Record) error {
	owner := s.ownerOf(rec.ID)
	err := s.Reference.Create(ctx, rec)
	if err == nil {
		s.reindex(owner, rec.ID)
	}
	return err
}

// indexLoses reads the entries of an owner, adds one, and writes them back.
type indexLoses struct{ *Reference }

func (s indexLoses) Create(ctx context.Context, rec *coatcheck.Record) error {
	if rec.Owner == "" {
		return s.Reference.Create(ctx, rec)
	}
	s.mu.Lock()
	entries := maps.Clone(s.owners[rec.Owner])
	s.mu.Unlock()
	pause()
	if err := s.Reference.Create(ctx, rec); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if entries == nil {
		entries = map[coatcheck.ID]bool{}
	}
	entries[rec.ID] = true
	s.owners[rec.Owner] = entries
	return nil
}

// indexMatching finds the records of owners who are alike.
type indexMatching struct {
	*Reference
	match func(stored, owner string) bool
}

func (s indexMatching) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if owner == "" {
		return nil, "", coatcheck.ErrInvalid
	}
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	entries := map[coatcheck.ID]bool{}
	for stored, more := range s.owners {
		if s.match(stored, owner) {
			maps.Copy(entries, more)
		}
	}
	ids, err := sorted(entries, cursor)
	if err != nil {
		return nil, "", err
	}
	ids, next := cut(ids, limit)
	return ids, next, nil
}

// indexEnding gives the entries of an owner the time to live of the record that
// was created last.
type indexEnding struct {
	*Reference
	ends map[string]time.Time
}

func newIndexEnding(r *Reference) indexEnding { return indexEnding{r, map[string]time.Time{}} }

func (s indexEnding) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err == nil && rec.Live(s.now()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ends[rec.Owner] = rec.Deadline
		if rec.Expires.Before(rec.Deadline) {
			s.ends[rec.Owner] = rec.Expires
		}
	}
	return err
}

func (s indexEnding) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	ids, next, err := s.Reference.Owned(ctx, owner, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.now().Before(s.ends[owner]) {
		return nil, "", nil
	}
	return ids, next, nil
}

// indexLosesReplaced takes the entry out when it writes the record, and puts it
// back only when it creates one.
type indexLosesReplaced struct{ *Reference }

func (s indexLosesReplaced) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.owners[rec.Owner], rec.ID)
	}
	return err
}

// indexTakesRefused writes the entry first, which is right, and forgets it when
// the Create is refused.
type indexTakesRefused struct{ *Reference }

func (s indexTakesRefused) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err == coatcheck.ErrExists {
		s.reindex(rec.Owner, rec.ID)
	}
	return err
}

// indexOfNobody takes anonymous sessions for those of one owner.
type indexOfNobody struct{ *Reference }

func (s indexOfNobody) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if owner == "" {
		return nil, "", nil
	}
	return s.Reference.Owned(ctx, owner, cursor, limit)
}
