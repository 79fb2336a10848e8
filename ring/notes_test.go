package ring_test

import (
	"crypto/sha256"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// notesID is where members keep the notes.
var notesID = coatcheck.ID(sha256.Sum256([]byte("coatcheck/ring/fences")))

// A member that has lost the notes, or has them damaged, gets them back from the
// others, so that they outlive those who wrote them.
func TestNotesAreRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.FailOver)
		defer x.one.Close()
		defer x.two.Close()
		old := x.created(x.one, "b")
		x.is(old, nil)
		x.down(broken)
		x.until("b is given up", func() bool { return x.one.Stats().Members[1].Fenced && x.two.Stats().Members[1].Fenced })
		for name, lose := range map[string]func(s *memstore.Store) error{
			"lost": func(s *memstore.Store) error { return s.Delete(t.Context(), notesID) },
			"damaged": func(s *memstore.Store) error {
				raw, err := s.Load(t.Context(), notesID)
				if err != nil {
					return err
				}
				bad := *raw
				bad.Data, bad.Version = []byte("rot"), raw.Version+1
				return s.Replace(t.Context(), &bad, raw.Version)
			},
		} {
			for _, m := range []string{"a", "c"} {
				if err := lose(x.stores[m].Store); err != nil {
					t.Fatal(err)
				}
			}
			x.until("notes are repaired that were "+name, func() bool {
				a, err := x.stores["a"].Store.Load(t.Context(), notesID)
				c, err2 := x.stores["c"].Store.Load(t.Context(), notesID)
				return err == nil && err2 == nil && string(a.Data) == string(c.Data) && len(a.Data) == 11
			})
		}
		// A process that begins now finds only one of the two.
		x.stores["a"].mode.Store(broken)
		x.stores["b"].mode.Store(well)
		third := x.process(ring.FailOver)
		defer third.Close()
		if got, err := third.Load(t.Context(), old.ID); err == nil {
			t.Errorf("a session of a member that was given up is back: %v", got)
		}
	})
}

// A process that makes a call now and then gives a member up and takes it back
// as a busy one does.
func TestFailOverWithFewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.FailOver)
		defer x.one.Close()
		defer x.two.Close()
		x.down(broken) // at once
		seldom := func(what string, cond func(ring.MemberStats) bool) {
			t.Helper()
			for range 30 {
				time.Sleep(3 * time.Second)
				_, _ = x.one.Load(t.Context(), x.at("b").ID)
				synctest.Wait()
				if cond(x.one.Stats().Members[1]) {
					return
				}
			}
			t.Errorf("a quiet process waits in vain: %s", what)
		}
		seldom("a member is given up", func(m ring.MemberStats) bool { return m.Fenced })
		x.stores["b"].mode.Store(well)
		seldom("a member comes back", func(m ring.MemberStats) bool { return m.Homing })
	})
}
