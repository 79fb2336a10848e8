package ring_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A faulty store is one that can go down and come back with what it had.
type faulty struct {
	*memstore.Store
	mode  atomic.Int32
	calls atomic.Int64
}

const (
	well    = iota
	broken  // calls return an error
	hanging // calls return nothing until their context is done
	panicking
)

var errBroken = errors.New("connection refused")

func newFaulty() *faulty { return &faulty{Store: memstore.New(nil)} }

func (f *faulty) fault(ctx context.Context) error {
	f.calls.Add(1)
	switch f.mode.Load() {
	case broken:
		return errBroken
	case panicking:
		panic("out of order")
	case hanging:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (f *faulty) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := f.fault(ctx); err != nil {
		return nil, err
	}
	return f.Store.Load(ctx, id)
}

func (f *faulty) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := f.fault(ctx); err != nil {
		return err
	}
	return f.Store.Create(ctx, rec)
}

func (f *faulty) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := f.fault(ctx); err != nil {
		return err
	}
	return f.Store.Replace(ctx, rec, old)
}

func (f *faulty) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := f.fault(ctx); err != nil {
		return err
	}
	return f.Store.Touch(ctx, id, expires)
}

func (f *faulty) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := f.fault(ctx); err != nil {
		return err
	}
	return f.Store.Delete(ctx, id)
}

func (f *faulty) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if err := f.fault(ctx); err != nil {
		return nil, "", err
	}
	return f.Store.List(ctx, cursor, limit)
}

func (f *faulty) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if err := f.fault(ctx); err != nil {
		return nil, "", err
	}
	return f.Store.Owned(ctx, owner, cursor, limit)
}

func (f *faulty) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if err := f.fault(ctx); err != nil {
		return coatcheck.SweepResult{}, err
	}
	return f.Store.Sweep(ctx, before, cursor, limit)
}

func (f *faulty) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if err := f.fault(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	return f.Store.Stat(ctx)
}
