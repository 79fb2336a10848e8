package itest_test

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The optional methods of a faulty store: what the inner one can do, it can.

// Capabilities passes on what the inner store declares.
func (f *faulty) Capabilities() coatcheck.Capabilities {
	c := coatcheck.CapabilitiesOf(f.inner)
	c.Stat, c.Watch = false, false
	return c
}

// List implements [coatcheck.Lister].
func (f *faulty) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	inner, ok := f.inner.(coatcheck.Lister)
	if !ok {
		return nil, "", coatcheck.ErrUnsupported
	}
	return paged(ctx, f, func(ctx context.Context) ([]*coatcheck.Record, string, error) {
		return inner.List(ctx, cursor, limit)
	})
}

// Owned implements [coatcheck.OwnerIndex].
func (f *faulty) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	inner, ok := f.inner.(coatcheck.OwnerIndex)
	if !ok {
		return nil, "", coatcheck.ErrUnsupported
	}
	return paged(ctx, f, func(ctx context.Context) ([]coatcheck.ID, string, error) {
		return inner.Owned(ctx, owner, cursor, limit)
	})
}

// paged asks for one page.
func paged[T any](ctx context.Context, f *faulty, ask func(context.Context) ([]T, string, error)) ([]T, string, error) {
	var items []T
	var next string
	err := f.do(ctx, func(ctx context.Context) (err error) {
		items, next, err = ask(ctx)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return items, next, nil
}

// Sweep implements [coatcheck.Sweeper].
func (f *faulty) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	inner, ok := f.inner.(coatcheck.Sweeper)
	if !ok {
		return coatcheck.SweepResult{}, coatcheck.ErrUnsupported
	}
	return inner.Sweep(ctx, before, cursor, limit)
}
