package coatcheck_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// errLost is what a client of a real store gets when the connection breaks:
// it does not say whether the call was done.
var errLost = errors.New("connection lost")

// An op is one call to a store.
type op struct {
	name string // of the method
	id   coatcheck.ID
	rec  *coatcheck.Record // what Create and Replace were given
	n    int               // how many calls came before
}

// A hook decides about one call: it may run do, which makes the call, once,
// late or never, and return another error than do did.
type hook func(ctx context.Context, o op, do func() error) error

// A spy stands between a manager and its store. It writes every call down and
// gives the hook a say.
type spy struct {
	inner       fullStore
	page        int  // limit of a page, if it is to be smaller than asked for
	newestFirst bool // Owned gives the youngest session first: one that is born meanwhile escapes it

	mu     sync.Mutex
	calls  []op
	hook   hook
	handed exchange
	births map[coatcheck.ID]int // by ownedBackwards: a number for each session, growing
}

// An exchange decides what Load gives out instead of rec, which is nil if it
// found none. If it returns nil, nothing is exchanged.
type exchange func(id coatcheck.ID, rec *coatcheck.Record) *coatcheck.Record

type fullStore interface {
	coatcheck.Store
	coatcheck.Lister
	coatcheck.OwnerIndex
	coatcheck.Sweeper
}

// watched returns a spy on a fresh RAM store.
func watched(t testing.TB) *spy { return &spy{inner: shelf(t, nil)} }

// on sets the hook, nil for none, and forgets the calls so far.
func (s *spy) on(h hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook, s.calls = h, nil
}

// give sets what becomes of the records that Load hands out; nil for nothing.
func (s *spy) give(handed exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handed = handed
}

// count returns how often a method was called, all of them if it is "".
func (s *spy) count(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.calls {
		if name == "" || o.name == name {
			n++
		}
	}
	return n
}

func (s *spy) call(ctx context.Context, o op, do func() error) error {
	s.mu.Lock()
	o.n = len(s.calls)
	s.calls = append(s.calls, o)
	h := s.hook
	s.mu.Unlock()
	if h == nil {
		return do()
	}
	return h(ctx, o, do)
}

func (s *spy) Load(ctx context.Context, id coatcheck.ID) (rec *coatcheck.Record, err error) {
	err = s.call(ctx, op{name: "Load", id: id}, func() (err error) {
		rec, err = s.inner.Load(ctx, id)
		return err
	})
	s.mu.Lock()
	handed := s.handed
	s.mu.Unlock()
	if handed != nil {
		if other := handed(id, rec); other != nil {
			return other, nil
		}
	}
	return rec, err
}

// Create and Replace may be done late, when their context has ended: a request
// that is on its way to a server knows nothing of that.

func (s *spy) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.call(ctx, op{name: "Create", id: rec.ID, rec: rec}, func() error {
		return s.inner.Create(context.WithoutCancel(ctx), rec)
	})
}

func (s *spy) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.call(ctx, op{name: "Replace", id: rec.ID, rec: rec}, func() error {
		return s.inner.Replace(context.WithoutCancel(ctx), rec, old)
	})
}

func (s *spy) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.call(ctx, op{name: "Touch", id: id}, func() error { return s.inner.Touch(ctx, id, expires) })
}

func (s *spy) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.call(ctx, op{name: "Delete", id: id}, func() error { return s.inner.Delete(ctx, id) })
}

func (s *spy) List(ctx context.Context, cursor string, limit int) (recs []*coatcheck.Record, next string, err error) {
	err = s.call(ctx, op{name: "List"}, func() (err error) {
		recs, next, err = s.inner.List(ctx, cursor, s.limit(limit))
		return err
	})
	return recs, next, err
}

func (s *spy) Owned(ctx context.Context, owner, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	err = s.call(ctx, op{name: "Owned"}, func() (err error) {
		if s.newestFirst {
			ids, next, err = s.ownedBackwards(ctx, owner, cursor, s.limit(limit))
			return err
		}
		ids, next, err = s.inner.Owned(ctx, owner, cursor, s.limit(limit))
		return err
	})
	return ids, next, err
}

// ownedBackwards pages through an owner's sessions from the youngest to the
// eldest, by what the store beneath yields in the order of their birth. The
// cursor is how many there are still to come.
func (s *spy) ownedBackwards(ctx context.Context, owner, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	all, _, err := s.inner.Owned(ctx, owner, "", 1000)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.births == nil {
		s.births = make(map[coatcheck.ID]int)
	}
	for _, id := range all {
		if s.births[id] == 0 {
			s.births[id] = len(s.births) + 1
		}
	}
	below := math.MaxInt
	if cursor != "" {
		if below, err = strconv.Atoi(cursor); err != nil {
			return nil, "", err
		}
	}
	for _, id := range slices.Backward(all) {
		n := s.births[id]
		if n >= below {
			continue
		}
		if len(ids) == limit {
			return ids, next, nil
		}
		ids, next = append(ids, id), strconv.Itoa(n)
	}
	return ids, "", nil
}

func (s *spy) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (res coatcheck.SweepResult, err error) {
	err = s.call(ctx, op{name: "Sweep"}, func() (err error) {
		res, err = s.inner.Sweep(ctx, before, cursor, s.limit(limit))
		return err
	})
	return res, err
}

func (s *spy) limit(n int) int {
	if s.page > 0 {
		return min(n, s.page)
	}
	return n
}

// only applies a hook to the calls of one method.
func only(name string, h hook) hook {
	return func(ctx context.Context, o op, do func() error) error {
		if o.name == name {
			return h(ctx, o, do)
		}
		return do()
	}
}

// once applies a hook to the first call that it is asked about.
func once(h hook) hook {
	var first sync.Once
	return func(ctx context.Context, o op, do func() error) (err error) {
		mine := false
		first.Do(func() { mine = true })
		if mine {
			return h(ctx, o, do)
		}
		return do()
	}
}

// Hooks that fail a call.
func answerLost(_ context.Context, _ op, do func() error) error { _ = do(); return errLost }
func notDone(context.Context, op, func() error) error           { return errLost }
func hang(ctx context.Context, _ op, _ func() error) error      { <-ctx.Done(); return ctx.Err() }

// tamper rewrites what is stored under id behind the manager's back.
func tamper(t testing.TB, store coatcheck.Store, id coatcheck.ID, change func(rec *coatcheck.Record)) {
	t.Helper()
	rec, err := store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	forged := *rec
	change(&forged)
	if err := store.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), &forged); err != nil {
		t.Fatal(err)
	}
}
