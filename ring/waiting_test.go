package ring_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// Until a member's share is taken over, another process may still serve what
// it has: a walk that left it out would be silently short, and an account whose
// sessions were all ended would have one left.
func TestWalksWaitForAShareThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.FailOver)
		// Process one cannot reach b, another one can.
		healthy := map[string]coatcheck.Store{"a": x.stores["a"], "b": x.stores["b"].Store, "c": x.stores["c"]}
		var members []ring.Member
		for name, store := range healthy {
			members = append(members, ring.Member{Name: name, Store: store, Weight: 1})
		}
		other := newRing(t, members, &ring.Options{Policy: ring.FailOver})
		rec := x.created(x.one, "b")
		x.stores["b"].mode.Store(broken)
		for !x.one.Stats().Members[1].Fenced {
			_, _ = x.one.Load(t.Context(), rec.ID)
			_, _ = other.Load(t.Context(), rec.ID)
			time.Sleep(10 * time.Millisecond)
		}
		walk := func(page func(cursor string) (next string, err error)) (err error) {
			cursor, err := page("")
			for cursor != "" && err == nil {
				cursor, err = page(cursor)
			}
			return err
		}
		owned := func(cursor string) (string, error) {
			_, next, err := x.one.Owned(t.Context(), "owner", cursor, 10)
			return next, err
		}
		list := func(cursor string) (string, error) {
			_, next, err := x.one.List(t.Context(), cursor, 10)
			return next, err
		}
		var partial *ring.PartialError
		for name, page := range map[string]func(string) (string, error){"Owned": owned, "List": list} {
			if err := walk(page); !errors.As(err, &partial) || partial.Members[0] != "b" {
				t.Errorf("%s: %v, want a PartialError that names b", name, err)
			}
		}
		for end := time.Now().Add(10 * time.Second); walk(owned) != nil || walk(list) != nil; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the walks wait on although the share must have been taken over")
			}
		}
		if _, err := other.Load(t.Context(), rec.ID); err == nil {
			t.Error("the other process serves a session that a complete walk left out")
		}
	})
}
