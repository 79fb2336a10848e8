// Package broken holds a correct store that is as small as it can be, and many
// wrong ones that each differ from it in one thing. They are the test of the
// test suite: storetest must pass the one and fail all the others.
//
// The wrong ones guard their memory as the right one does. They go wrong by
// what they answer, so that a race detector has nothing to say, and where they
// need another goroutine to go wrong they give way to it instead of sleeping.
package broken

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Reference is the correct store: a map under a mutex, with every optional
// interface. It is made by [New] and safe for concurrent use.
type Reference struct {
	now   func() time.Time
	limit int // greatest number of records; 0: none

	mu       sync.Mutex
	records  map[coatcheck.ID]*coatcheck.Record
	owners   map[string]map[coatcheck.ID]bool
	damaged  map[coatcheck.ID]bool
	watchers map[*watcher]bool
	refused  int64
	closed   bool
}

// New returns an empty Reference that goes by now and takes at most limit
// records, or any number if that is 0.
func New(now func() time.Time, limit int) *Reference {
	return &Reference{
		now:      now,
		limit:    limit,
		records:  map[coatcheck.ID]*coatcheck.Record{},
		owners:   map[string]map[coatcheck.ID]bool{},
		damaged:  map[coatcheck.ID]bool{},
		watchers: map[*watcher]bool{},
	}
}

var errClosed = errors.New("broken: store is closed")

// begin locks the store, or says why the call must end at once.
func (s *Reference) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	return nil
}

// live returns the record of id, or why there is none.
func (s *Reference) live(id coatcheck.ID) (*coatcheck.Record, error) {
	rec := s.records[id]
	if rec == nil || !rec.Live(s.now()) {
		return nil, coatcheck.ErrNotFound
	}
	if s.damaged[id] {
		return nil, coatcheck.ErrCorrupt
	}
	return rec, nil
}

// put stores rec, whatever was there.
func (s *Reference) put(rec *coatcheck.Record) {
	s.remove(rec.ID)
	s.records[rec.ID] = rec
	s.index(rec.Owner, rec.ID)
}

// index adds an entry to an owner's.
func (s *Reference) index(owner string, id coatcheck.ID) {
	if owner == "" {
		return
	}
	if s.owners[owner] == nil {
		s.owners[owner] = map[coatcheck.ID]bool{}
	}
	s.owners[owner][id] = true
}

// remove takes the record of id out, if there is one, and reports whether there
// was.
func (s *Reference) remove(id coatcheck.ID) bool {
	rec := s.records[id]
	if rec == nil {
		return false
	}
	delete(s.records, id)
	delete(s.damaged, id)
	delete(s.owners[rec.Owner], id)
	if len(s.owners[rec.Owner]) == 0 {
		delete(s.owners, rec.Owner)
	}
	return true
}

// admit says why a new record cannot be stored, if so.
func (s *Reference) admit(rec *coatcheck.Record) error {
	if _, err := s.live(rec.ID); err == nil {
		return coatcheck.ErrExists
	}
	if s.limit > 0 && s.records[rec.ID] == nil && len(s.records) >= s.limit {
		s.refused++
		return coatcheck.ErrFull
	}
	return nil
}

// Load implements [coatcheck.Store].
func (s *Reference) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.live(id)
}

// Create implements [coatcheck.Store].
func (s *Reference) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.admit(rec); err != nil {
		return err
	}
	s.put(rec)
	s.tell(rec.ID, rec.Version)
	return nil
}

// Replace implements [coatcheck.Store].
func (s *Reference) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(rec.ID)
	if err != nil {
		return err
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	s.put(rec.Touched(stored.Expires))
	s.tell(rec.ID, rec.Version)
	return nil
}

// Touch implements [coatcheck.Store].
func (s *Reference) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(id)
	if err != nil {
		return err
	}
	s.put(stored.Touched(expires))
	return nil
}

// Delete implements [coatcheck.Store].
func (s *Reference) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.remove(id) {
		s.tell(id, 0)
	}
	return nil
}

// Close ends every later call with an error.
func (s *Reference) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Damage makes the record of id one that Load finds corrupt.
func (s *Reference) Damage(id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaged[id] = true
}
