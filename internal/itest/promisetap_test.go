package itest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A fault is what is wrong with a store.
type fault int32

const (
	working  fault = iota
	refusing       // every call fails at once
	hanging        // no call is answered
	readOnly       // every call but Load fails
)

func (f fault) String() string { return [...]string{"working", "refusing", "hanging", "read-only"}[f] }

// A tap stands between a manager and its store and can be closed. What is
// optional it passes on.
type tap struct {
	*faulty // in calm weather
	fault   atomic.Int32
}

func newTap(inner coatcheck.Store) *tap { return &tap{faulty: &faulty{inner: inner}} }

func (x *tap) set(f fault) { x.fault.Store(int32(f)) }

var errDown = errors.New("itest: the store is down")

// check fails in the present way.
func (x *tap) check(ctx context.Context, reads bool) error {
	switch fault(x.fault.Load()) {
	case refusing:
		return errDown
	case hanging:
		<-ctx.Done()
		return ctx.Err()
	case readOnly:
		if !reads {
			return errDown
		}
	}
	return nil
}

// Load implements [coatcheck.Store].
func (x *tap) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := x.check(ctx, true); err != nil {
		return nil, err
	}
	return x.inner.Load(ctx, id)
}

// Create implements [coatcheck.Store].
func (x *tap) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := x.check(ctx, false); err != nil {
		return err
	}
	return x.inner.Create(ctx, rec)
}

// Replace implements [coatcheck.Store].
func (x *tap) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := x.check(ctx, false); err != nil {
		return err
	}
	return x.inner.Replace(ctx, rec, old)
}

// Touch implements [coatcheck.Store].
func (x *tap) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := x.check(ctx, false); err != nil {
		return err
	}
	return x.inner.Touch(ctx, id, expires)
}

// Delete implements [coatcheck.Store].
func (x *tap) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := x.check(ctx, false); err != nil {
		return err
	}
	return x.inner.Delete(ctx, id)
}
