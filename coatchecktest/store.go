package coatchecktest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// An Op names a method of a store.
type Op string

// The methods of [coatcheck.Store].
const (
	OpLoad    Op = "Load"
	OpCreate  Op = "Create"
	OpReplace Op = "Replace"
	OpTouch   Op = "Touch"
	OpDelete  Op = "Delete"
)

// A Store counts the calls to another store and fails them on demand. Make it
// by [NewStore], and set its hooks before it is used. It is safe for
// concurrent use if the hooks are.
type Store struct {
	// Before is called ahead of each call. If it returns an error, that is
	// the call's, and the store beneath is not asked.
	Before func(ctx context.Context, op Op, id coatcheck.ID) error

	// After is called behind each call with its error, and returns the one
	// to report in its place: an answer that got lost.
	After func(ctx context.Context, op Op, id coatcheck.ID, err error) error

	inner coatcheck.Store
	mu    sync.Mutex
	calls map[Op]int
}

// NewStore returns a Store around inner, with its optional abilities. It panics
// for a [coatcheck.Sealer], whose sessions are not calls to a store: put it
// around the store in which that one notes what has ended.
func NewStore(inner coatcheck.Store) *Store {
	if _, ok := inner.(coatcheck.Sealer); ok {
		panic("coatchecktest: a Sealer keeps its sessions in tokens: wrap its revoker instead")
	}
	return &Store{inner: inner, calls: make(map[Op]int)}
}

// Calls returns how often the methods were called so far, all of them if none
// is named.
func (s *Store) Calls(ops ...Op) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for op, calls := range s.calls {
		if len(ops) == 0 || slices.Contains(ops, op) {
			n += calls
		}
	}
	return n
}

// do makes one call between the hooks.
func (s *Store) do(ctx context.Context, op Op, id coatcheck.ID, call func() error) error {
	s.mu.Lock()
	s.calls[op]++
	s.mu.Unlock()
	if s.Before != nil {
		if err := s.Before(ctx, op, id); err != nil {
			return err
		}
	}
	err := call()
	if s.After != nil {
		err = s.After(ctx, op, id, err)
	}
	return err
}

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (rec *coatcheck.Record, err error) {
	err = s.do(ctx, OpLoad, id, func() (err error) {
		rec, err = s.inner.Load(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rec, nil
}

// Create implements [coatcheck.Store].
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.do(ctx, OpCreate, rec.ID, func() error { return s.inner.Create(ctx, rec) })
}

// Replace implements [coatcheck.Store].
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.do(ctx, OpReplace, rec.ID, func() error { return s.inner.Replace(ctx, rec, old) })
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.do(ctx, OpTouch, id, func() error { return s.inner.Touch(ctx, id, expires) })
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.do(ctx, OpDelete, id, func() error { return s.inner.Delete(ctx, id) })
}
