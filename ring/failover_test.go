package ring_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// A trio is three stores that can fail, and two processes that share them.
type trio struct {
	t        *testing.T
	stores   map[string]*faulty
	one, two *ring.Ring
}

func newTrio(t *testing.T, policy ring.Policy) *trio {
	x := &trio{t: t, stores: map[string]*faulty{"a": newFaulty(), "b": newFaulty(), "c": newFaulty()}}
	x.one, x.two = x.process(policy), x.process(policy)
	return x
}

func (x *trio) process(policy ring.Policy) *ring.Ring {
	var members []ring.Member
	for name, store := range x.stores {
		members = append(members, ring.Member{Name: name, Store: store, Weight: 1})
	}
	return newRing(x.t, members, &ring.Options{Policy: policy})
}

// at returns a record whose home is a member, not stored.
func (x *trio) at(name string) *coatcheck.Record {
	for {
		rec := newRecord()
		if x.one.Locate(rec.ID)[0] == name {
			return rec
		}
	}
}

func newRecord() *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{Owner: "owner", Created: now, AuthTime: now, Expires: now.Add(time.Hour), Deadline: now.Add(2 * time.Hour), Version: 1 << 32}
	rand.Read(rec.ID[:])
	rec.Data, rec.Meta = fmt.Appendf(nil, "data of %s", rec.ID), []byte("meta")
	return rec
}

func (x *trio) created(r *ring.Ring, at string) *coatcheck.Record {
	x.t.Helper()
	rec := x.at(at)
	if err := r.Create(x.t.Context(), rec); err != nil {
		x.t.Fatalf("Create at %s: %v", at, err)
	}
	return rec
}

func next(rec *coatcheck.Record) *coatcheck.Record {
	out := *rec
	out.Version++
	return &out
}

// is checks what both processes load.
func (x *trio) is(rec *coatcheck.Record, want error) {
	x.t.Helper()
	for i, r := range []*ring.Ring{x.one, x.two} {
		got, err := r.Load(x.t.Context(), rec.ID)
		if want != nil {
			if !errors.Is(err, want) {
				x.t.Errorf("process %d: Load: %v, want %v", i+1, err, want)
			}
			continue
		}
		if err != nil {
			x.t.Errorf("process %d: Load: %v", i+1, err)
		} else if string(got.Data) != string(rec.Data) || string(got.Meta) != "meta" || got.Version != rec.Version {
			x.t.Errorf("process %d: Load: %+v, want %+v", i+1, got, rec)
		}
	}
}

// down fails calls until both processes know that b is down.
func (x *trio) down(mode int32) {
	x.t.Helper()
	x.stores["b"].mode.Store(mode)
	rec := x.at("b")
	for range 5 {
		x.is(rec, errFailing(mode))
	}
	for _, r := range []*ring.Ring{x.one, x.two} {
		if m := r.Stats().Members[1]; !m.Down || m.Last == nil || m.Failures == 0 {
			x.t.Errorf("Stats after five failures: %+v", m)
		}
	}
}

func errFailing(mode int32) error {
	if mode == hanging {
		return context.DeadlineExceeded
	}
	return errBroken
}

// until waits for a condition, and keeps both processes busy meanwhile.
func (x *trio) until(what string, cond func() bool) {
	x.t.Helper()
	for range 400 {
		if cond() {
			return
		}
		time.Sleep(50 * time.Millisecond)
		for _, r := range []*ring.Ring{x.one, x.two} {
			for _, at := range []string{"a", "b"} {
				_, _ = r.Load(x.t.Context(), x.at(at).ID)
			}
		}
	}
	x.t.Fatalf("waited in vain: %s: %+v", what, x.one.Stats())
}

func TestFailedShareRecoversByItself(t *testing.T) {
	for _, mode := range []int32{broken, hanging} {
		synctest.Test(t, func(t *testing.T) {
			x := newTrio(t, ring.Fail)
			rec, other := x.created(x.one, "b"), x.created(x.one, "a")
			x.down(mode)
			before := x.stores["b"].calls.Load()
			began := time.Now()
			for range 100 {
				x.is(rec, errFailing(mode))
				x.is(other, nil)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("200 calls to a member that is down took %v", took)
			}
			if n := x.stores["b"].calls.Load() - before; n > 8 {
				t.Errorf("a member that is down got %d calls of 200", n)
			}
			x.stores["b"].mode.Store(well)
			x.until("the member is up", func() bool { return !x.one.Stats().Members[1].Down && !x.two.Stats().Members[1].Down })
			x.is(rec, nil)
			x.one.Close()
			x.two.Close()
		})
	}
}

func TestAnswersAndCancelledCallsDoNotCountAsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.Fail)
		rec := x.created(x.one, "b")
		for range 20 {
			if err := x.one.Create(t.Context(), rec); !errors.Is(err, coatcheck.ErrExists) {
				t.Fatal(err)
			}
			if err := x.one.Replace(t.Context(), next(rec), 9); !errors.Is(err, coatcheck.ErrConflict) {
				t.Fatal(err)
			}
			if err := x.one.Touch(t.Context(), x.at("b").ID, rec.Deadline); !errors.Is(err, coatcheck.ErrNotFound) {
				t.Fatal(err)
			}
		}
		x.stores["b"].mode.Store(hanging)
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			if _, err := x.one.Load(ctx, rec.ID); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if m := x.one.Stats().Members[1]; m.Down || m.Failures != 0 {
			t.Errorf("Stats: %+v", m)
		}
	})
}

// A store that panics while it is probed is probed again.
func TestPanicInAProbeIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.Fail)
		rec := x.created(x.one, "b")
		x.down(broken)
		panics := 0
		x.stores["b"].mode.Store(panicking)
		for range 20 {
			time.Sleep(time.Second)
			func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				_, _ = x.one.Load(t.Context(), rec.ID)
			}()
		}
		if panics < 2 {
			t.Errorf("%d probes", panics)
		}
		x.stores["b"].mode.Store(well)
		time.Sleep(10 * time.Second)
		x.is(rec, nil)
	})
}

func TestFailOver(t *testing.T) {
	for _, mode := range []int32{broken, hanging} {
		synctest.Test(t, func(t *testing.T) { failOver(t, mode) })
	}
}

// failOver takes one member down and brings it back.
func failOver(t *testing.T, mode int32) {
	x := newTrio(t, ring.FailOver)
	defer x.one.Close()
	defer x.two.Close()
	old := []*coatcheck.Record{x.created(x.one, "b"), x.created(x.two, "b"), x.created(x.one, "b")}
	stay := x.created(x.two, "a")
	x.is(old[0], nil)

	x.down(mode)
	x.is(stay, nil)
	x.until("the share is taken over", func() bool {
		_, err := x.one.Load(t.Context(), old[0].ID)
		_, err2 := x.two.Load(t.Context(), old[0].ID)
		return errors.Is(err, coatcheck.ErrNotFound) && errors.Is(err2, coatcheck.ErrNotFound)
	})
	if m := x.one.Stats().Members[1]; !m.Fenced || m.Epoch != 1 {
		t.Errorf("Stats: %+v", m)
	}
	meanwhile := []*coatcheck.Record{x.created(x.one, "b"), x.created(x.two, "b"), x.created(x.two, "b")}
	for _, rec := range meanwhile {
		x.is(rec, nil)
	}
	if err := x.one.Delete(t.Context(), old[1].ID); err != nil { // as DestroyOwner would
		t.Fatal(err)
	}

	x.stores["b"].mode.Store(well)
	x.until("the member has its share again", func() bool { return x.one.Stats().Members[1].Homing && x.two.Stats().Members[1].Homing })
	nothingComesBack(x, old)
	for _, rec := range append(meanwhile, stay) {
		x.is(rec, nil)
	}
	if err := x.two.Delete(t.Context(), meanwhile[2].ID); err != nil {
		t.Fatal(err)
	}
	x.is(meanwhile[2], coatcheck.ErrNotFound)
	meanwhile = append(meanwhile[:2], x.created(x.one, "b"))

	x.until("all is well", func() bool {
		if _, err := x.two.Rebalance(t.Context(), &ring.RebalanceOptions{PerSecond: -1}); err != nil {
			t.Fatal(err)
		}
		return !x.one.Stats().Members[1].Homing && !x.two.Stats().Members[1].Homing
	})
	third := x.process(ring.FailOver)
	defer third.Close()
	x.one = third
	nothingComesBack(x, old)
	for _, rec := range append(meanwhile, stay) {
		x.is(rec, nil)
		if _, err := x.stores[x.one.Locate(rec.ID)[0]].Store.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("the record is not at home: %v", err)
		}
		if err := x.two.Replace(t.Context(), next(rec), rec.Version); err != nil {
			t.Errorf("Replace: %v", err)
		}
		x.is(next(rec), nil)
		if err := x.one.Touch(t.Context(), rec.ID, rec.Deadline); err != nil {
			t.Errorf("Touch: %v", err)
		}
		if got, err := x.two.Load(t.Context(), rec.ID); err != nil || !got.Expires.Equal(rec.Deadline) {
			t.Errorf("Load after Touch: %+v, %v", got, err)
		}
	}
}

// Trouble that is short, or that is this process's own, costs no sessions.
func TestNoFailOverForAMoment(t *testing.T) {
	for name, hit := range map[string][]string{"one member": {"b"}, "all members": {"a", "b", "c"}} {
		for _, lasts := range []time.Duration{time.Second, 10 * time.Second} {
			if name == "one member" && lasts > patienceForOne {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				x := newTrio(t, ring.FailOver)
				rec := x.created(x.one, "b")
				x.is(rec, nil)
				for _, m := range hit {
					x.stores[m].mode.Store(broken)
				}
				for began := time.Now(); time.Since(began) < lasts; time.Sleep(20 * time.Millisecond) {
					for _, at := range []string{"a", "b", "c"} {
						_, _ = x.one.Load(t.Context(), x.at(at).ID)
						_, _ = x.two.Load(t.Context(), x.at(at).ID)
					}
				}
				for _, m := range hit {
					x.stores[m].mode.Store(well)
				}
				x.until("all are up", func() bool {
					up := true
					for _, r := range []*ring.Ring{x.one, x.two} {
						for _, m := range r.Stats().Members {
							_, err := r.Load(t.Context(), x.at(m.Name).ID)
							up = up && !m.Down && errors.Is(err, coatcheck.ErrNotFound)
						}
					}
					return up
				})
				x.is(rec, nil)
				for _, m := range x.one.Stats().Members {
					if m.Epoch != 0 {
						t.Errorf("%s, %v: %+v", name, lasts, m)
					}
				}
				x.one.Close()
				x.two.Close()
			})
		}
	}
}

const patienceForOne = 2 * time.Second

// nothingComesBack checks that what a member had before it was given up is
// neither loaded, listed nor saved over.
func nothingComesBack(x *trio, old []*coatcheck.Record) {
	x.t.Helper()
	gone := map[coatcheck.ID]bool{}
	for _, rec := range old {
		gone[rec.ID] = true
		x.is(rec, coatcheck.ErrNotFound)
		if err := x.two.Replace(x.t.Context(), next(rec), rec.Version); !errors.Is(err, coatcheck.ErrNotFound) {
			x.t.Errorf("Replace of what was loaded before: %v", err)
		}
		if err := x.one.Touch(x.t.Context(), rec.ID, rec.Deadline); !errors.Is(err, coatcheck.ErrNotFound) {
			x.t.Errorf("Touch of what was there before: %v", err)
		}
	}
	for cursor := ""; ; {
		recs, next, err := x.one.List(x.t.Context(), cursor, 10)
		if err != nil {
			x.t.Fatal(err)
		}
		for _, rec := range recs {
			if gone[rec.ID] {
				x.t.Error("List: a record from before")
			}
		}
		if cursor = next; cursor == "" {
			return
		}
	}
}
