package ring_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// What members do not answer is named, and nothing is silently short.
func TestPartialResultsSaySo(t *testing.T) {
	x := newTrio(t, ring.Fail)
	for range 30 {
		x.created(x.one, "a")
		x.created(x.one, "b")
		x.created(x.one, "c")
	}
	x.stores["b"].mode.Store(broken)
	walks := map[string]func() error{
		"List": func() (err error) {
			for cursor := ""; err == nil; {
				if _, cursor, err = x.one.List(t.Context(), cursor, 10); cursor == "" {
					break
				}
			}
			return err
		},
		"Owned": func() (err error) {
			for cursor := ""; err == nil; {
				if _, cursor, err = x.one.Owned(t.Context(), "owner", cursor, 10); cursor == "" {
					break
				}
			}
			return err
		},
		"Stat": func() error {
			st, err := x.one.Stat(t.Context())
			if st.Records != 60 {
				t.Errorf("Stat counts %d records", st.Records)
			}
			return err
		},
		"Rebalance": func() error { return second(x.one.Rebalance(t.Context(), fast(""))) },
	}
	for name, walk := range walks {
		var partial *ring.PartialError
		if err := walk(); !errors.As(err, &partial) || !slices.Equal(partial.Members, []string{"b"}) || !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A member that is down keeps the others from being swept no longer than one
// page.
func TestSweepGoesOnBehindADeadMember(t *testing.T) {
	x := newTrio(t, ring.Fail)
	for _, at := range []string{"a", "b", "c"} {
		for range 10 {
			x.created(x.one, at)
		}
	}
	x.stores["a"].mode.Store(broken)
	deleted, cursor := 0, ""
	for {
		batch, err := x.one.Sweep(t.Context(), time.Now().Add(90*time.Minute), cursor, 3)
		deleted += batch.Deleted
		if err != nil {
			var partial *ring.PartialError
			if !errors.As(err, &partial) || !slices.Equal(partial.Members, []string{"a"}) || batch.Next != "" {
				t.Errorf("Sweep: %+v, %v", batch, err)
			}
			break
		}
		if cursor = batch.Next; cursor == "" {
			t.Error("a sweep that left out a member ends without an error")
			break
		}
	}
	if deleted != 20 {
		t.Errorf("%d records were deleted, want 20", deleted)
	}
}

// bare is a store with nothing optional.
type bare struct{ coatcheck.Store }

func TestCapabilitiesAreThoseOfAll(t *testing.T) {
	members := farm(2, nil)
	members = append(members, ring.Member{Name: "bare", Store: bare{memstore.New(nil)}, Weight: 1})
	r := newRing(t, members, nil)
	if c := r.Capabilities(); c != (coatcheck.Capabilities{}) {
		t.Errorf("Capabilities: %+v", c)
	}
	if _, err := r.Rebalance(t.Context(), nil); !errors.Is(err, coatcheck.ErrUnsupported) {
		t.Errorf("Rebalance: %v", err)
	}
	if c := newRing(t, farm(2, nil), nil).Capabilities(); c != (coatcheck.Capabilities{List: true, Owners: true, Sweep: true, Stat: true, Watch: true}) {
		t.Errorf("Capabilities of memstores: %+v", c)
	}
}

// Watchers see changes, not moves, and learn of a change of members.
func TestWatchDuringAChange(t *testing.T) {
	x := newMoving(t, 50, nil)
	changes := make(chan coatcheck.Change, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- x.early.Watch(ctx, func(c coatcheck.Change) { changes <- c }) }()
	await(t, x, changes)
	if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
		t.Fatal(err)
	}
	for _, rec := range x.recs {
		if err := x.early.Delete(t.Context(), rec.ID); err != nil {
			t.Fatal(err)
		}
	}
	gone := map[coatcheck.ID]int{}
	for len(gone) < len(x.recs) {
		switch c := <-changes; {
		case c.Version == 0:
			gone[c.ID]++
		case c.Version != 1<<32:
			t.Errorf("a version that nobody stored: %+v", c)
		}
	}
	for _, n := range gone {
		if n != 1 {
			t.Errorf("a deletion was reported %d times", n)
		}
	}
	if err := x.early.SetMembers(x.changed[:2]); err != nil {
		t.Fatal(err)
	}
	for c := range changes {
		if c.Lost {
			break
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v", err)
	}
}

// await makes changes until a watcher of all members has seen some of each.
func await(t *testing.T, x *moving, changes chan coatcheck.Change) {
	t.Helper()
	for _, m := range x.changed {
		for seen := false; !seen; {
			rec := newRecord()
			if x.early.Locate(rec.ID)[0] != m.Name {
				continue
			}
			rec.Version = 1 << 32
			if err := x.early.Create(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			select {
			case c := <-changes:
				seen = c.ID == rec.ID
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	for {
		select {
		case <-changes:
		case <-time.After(50 * time.Millisecond):
			return
		}
	}
}

func TestPartialErrorNamesAll(t *testing.T) {
	err := error(&ring.PartialError{Members: []string{"a", "b"}, Err: errBroken})
	if got, want := fmt.Sprint(err), "ring: incomplete: no answer from a, b: connection refused"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
