package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// What these do is a data race as soon as two goroutines use them, so they are
// for tests that use one.
var buffers = []Store{
	{"one-buffer-for-all", func(r *Reference) coatcheck.Store { return &oneBuffer{Reference: r} }},
	{"writes-in-place", func(r *Reference) coatcheck.Store { return writesInPlace{r} }},
	{"touches-in-place", func(r *Reference) coatcheck.Store { return touchesInPlace{r} }},
	{"cuts-the-given-record", func(r *Reference) coatcheck.Store { return cutsGiven{r} }},
}

// oneBuffer reads all data into the same memory.
type oneBuffer struct {
	*Reference
	buf []byte
}

func (s *oneBuffer) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(s.buf[:0], rec.Data...)
	c := *rec
	c.Data = s.buf
	return &c, nil
}

// writesInPlace changes the stored record instead of putting another there.
type writesInPlace struct{ *Reference }

func (s writesInPlace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
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
	next := *rec.Touched(stored.Expires)
	s.remove(rec.ID)
	*stored = next
	s.put(stored)
	s.tell(rec.ID, rec.Version)
	return nil
}

// touchesInPlace does the same in Touch.
type touchesInPlace struct{ *Reference }

func (s touchesInPlace) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(id)
	if err != nil {
		return err
	}
	stored.Expires = stored.Touched(expires).Expires
	return nil
}

// cutsGiven sets the Expires of the record it is given to what it stores.
type cutsGiven struct{ *Reference }

func (s cutsGiven) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if stored, err := s.live(rec.ID); err == nil {
		rec.Expires = rec.Touched(stored.Expires).Expires
	}
	s.mu.Unlock()
	return s.Reference.Replace(ctx, rec, old)
}
