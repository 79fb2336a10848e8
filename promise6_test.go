package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// mixups are the ways in which a store can give one visitor what belongs to
// another: a broken index, columns swapped by a bad migration, a pooled
// connection that answers the request before.
var mixups = []struct {
	name   string
	reason string
	swap   func(mine, theirs coatcheck.Record) coatcheck.Record
}{
	{"the whole record", "mixup", func(_, theirs coatcheck.Record) coatcheck.Record { return theirs }},
	{"the whole record under our ID", "mixup", func(mine, theirs coatcheck.Record) coatcheck.Record {
		theirs.ID = mine.ID
		return theirs
	}},
	{"Data and Meta", "mixup", func(mine, theirs coatcheck.Record) coatcheck.Record {
		mine.Data, mine.Meta = theirs.Data, theirs.Meta
		return mine
	}},
	{"Meta", "mixup", func(mine, theirs coatcheck.Record) coatcheck.Record { mine.Meta = theirs.Meta; return mine }},
	{"Data", "corrupt", func(mine, theirs coatcheck.Record) coatcheck.Record { mine.Data = theirs.Data; return mine }},
	{"Owner", "corrupt", func(mine, theirs coatcheck.Record) coatcheck.Record { mine.Owner = theirs.Owner; return mine }},
	{"Data, Meta and Owner", "mixup", func(mine, theirs coatcheck.Record) coatcheck.Record {
		mine.Data, mine.Meta, mine.Owner = theirs.Data, theirs.Meta, theirs.Owner
		return mine
	}},
	{"Version and Data", "corrupt", func(mine, theirs coatcheck.Record) coatcheck.Record {
		mine.Version, mine.Data = theirs.Version, theirs.Data
		return mine
	}},
}

// Promise 6: nobody gets another's session. A record under the wrong ID, or
// put together from two, is refused and reported, and what is changed then
// goes into a new session.
func TestPromise6NobodyGetsAnothersSession(t *testing.T) {
	for _, mixup := range mixups {
		t.Run(mixup.name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
			ada, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
			ada.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
			bob.visit(func(s *coatcheck.Session) { tally.Set(s, 2) })
			of := map[coatcheck.ID]coatcheck.Record{}
			for _, v := range []*visitor{ada, bob} {
				rec, err := store.inner.Load(t.Context(), v.id())
				expectNil(t, err)
				of[v.id()] = *rec
			}
			other := map[coatcheck.ID]coatcheck.ID{ada.id(): bob.id(), bob.id(): ada.id()}
			store.give(func(id coatcheck.ID, _ *coatcheck.Record) *coatcheck.Record {
				rec, ok := of[id]
				if !ok {
					return nil
				}
				rec = mixup.swap(rec, of[other[id]])
				return &rec
			})
			events.clear()
			for _, v := range []*visitor{ada, bob} {
				id, old := v.id(), v.twin()
				v.expectAnonymous()
				refused := events.of(coatcheck.EventRejected)
				expectEqual(t, "events", len(refused), 1)
				expectEqual(t, "reason", refused[0].Reason, mixup.reason)
				expectEqual(t, "session", refused[0].ID, id)
				expectError(t, m.Update(t.Context(), id, func(*coatcheck.Session) error { return nil }), coatcheck.ErrCorrupt)
				expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Set(s, 3) }), http.StatusOK)
				v.expectTally(3)
				old.expectAnonymous()
				events.clear()
			}
			store.give(nil)
			// Nothing was written over what lies there.
			for id, was := range of {
				rec, err := store.inner.Load(t.Context(), id)
				expectNil(t, err)
				expectEqual(t, "version", rec.Version, was.Version)
			}
		})
	}
}

// The same when the mix-up comes between the load and a save, whose conflict
// makes it load again.
func TestPromise6MixupAtASave(t *testing.T) {
	for _, mixup := range mixups {
		t.Run(mixup.name, func(t *testing.T) {
			store := watched(t)
			m := manage(t, store, nil)
			ada, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
			theirs, err := store.inner.Load(t.Context(), bob.id())
			expectNil(t, err)
			elsewhere := manage(t, store.inner, nil)
			res := ada.twin().visit(func(s *coatcheck.Session) {
				tally.Update(s, increment)
				expectNil(t, elsewhere.Update(t.Context(), ada.id(), func(s *coatcheck.Session) error { tally.Set(s, 5); return nil }))
				store.give(func(_ coatcheck.ID, rec *coatcheck.Record) *coatcheck.Record {
					mixed := mixup.swap(*rec, *theirs)
					return &mixed
				})
				expectError(t, s.Save(t.Context()), coatcheck.ErrGone)
				expectEqual(t, "motto", motto.Get(s), "")
				store.give(nil)
			})
			expectStatus(t, res, http.StatusOK)
			ada.expectTally(5)
			bob.expectTally(0)
		})
	}
}

// Many visitors at once, each of whom only ever sees what he wrote.
func TestPromise6EverybodyGetsTheirOwn(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	var mu sync.Mutex
	ids := make(map[coatcheck.ID]int)
	together(32, func(i int) {
		name := fmt.Sprintf("visitor %d", i)
		v := newVisitor(t, m)
		v.visit(func(s *coatcheck.Session) { motto.Set(s, name) })
		for n := range 40 {
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "motto", motto.Get(s), name)
				expectEqual(t, "tally", tally.Get(s), n)
				tally.Update(s, increment)
				if n%8 == 0 {
					expectNil(t, s.Login(t.Context(), name))
				}
				mu.Lock()
				defer mu.Unlock()
				if owner, ok := ids[s.ID()]; ok && owner != i {
					t.Errorf("session %s is visitor %d's and %d's", s.ID().Short(), owner, i)
				}
				ids[s.ID()] = i
			})
		}
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), name) })
	})
}

// A store that returns neither a record nor an error is a store error.
func TestPromise6NoRecordAndNoError(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	res := v.twin().serve(func(_ http.ResponseWriter, r *http.Request) {
		store.on(only("Load", func(context.Context, op, func() error) error { return nil }))
		_, err := coatcheck.FromContext(r.Context())
		if err == nil || errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("FromContext: %v", err)
		}
	})
	expectStatus(t, res, http.StatusServiceUnavailable)
}
