package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// memory opens a store in memory that goes by a clock.
func memory(now func() time.Time) coatcheck.Store {
	return memstore.New(&memstore.Options{Now: now})
}

// limit is what a limited store takes of data.
const limit = 1000

// A limited store takes no large records.
type limited struct{ coatcheck.Store }

func (s limited) Create(ctx context.Context, rec *coatcheck.Record) error {
	if len(rec.Data) > limit {
		return coatcheck.ErrTooLarge
	}
	return s.Store.Create(ctx, rec)
}

func (s limited) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if len(rec.Data) > limit {
		return coatcheck.ErrTooLarge
	}
	return s.Store.Replace(ctx, rec, old)
}

// A faulty store fails all changes after so many, and what it has is seen to
// the last one.
type faulty struct {
	coatcheck.Store
	with error

	mu   sync.Mutex
	left int

	// odds of a call that gives no answer though all is well: it may have been
	// done, or not, or will be done later.
	odds float64
	late []func()
}

var errNoAnswer = errors.New("no answer")

// change makes a change, if the store is in the mood.
func (s *faulty) change(do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.with != nil {
		if s.left--; s.left < 0 {
			return fmt.Errorf("in the place of a change: %w", s.with)
		}
	}
	if rand.Float64() >= s.odds {
		return do()
	}
	switch rand.IntN(3) {
	case 0:
		do()
	case 1:
		s.late = append(s.late, func() { do() })
	}
	return errNoAnswer
}

// catchUp does what is late.
func (s *faulty) catchUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, do := range s.late {
		do()
	}
	s.late = nil
}

func (s *faulty) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.change(func() error { return s.Store.Create(context.WithoutCancel(ctx), rec) })
}

func (s *faulty) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.change(func() error { return s.Store.Replace(context.WithoutCancel(ctx), rec, old) })
}

func (s *faulty) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.change(func() error { return s.Store.Touch(context.WithoutCancel(ctx), id, expires) })
}

func (s *faulty) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.change(func() error { return s.Store.Delete(context.WithoutCancel(ctx), id) })
}

func (s *faulty) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	return s.Store.(coatcheck.Lister).List(ctx, cursor, limit)
}
