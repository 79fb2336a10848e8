package coatcheck_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// Manager.Destroy of an ID that was renewed says so, instead of ending what
// has ended: the session lives on, and the old token is known as replaced.
func TestManagerDestroyOfARenewedID(t *testing.T) {
	for _, how := range successions {
		t.Run(how.name, func(t *testing.T) {
			events := new(journal)
			m := manage(t, shelf(t, nil), &coatcheck.Options{OnEvent: events.add})
			v := newVisitor(t, m).begin()
			old := v.twin()
			v.visit(func(s *coatcheck.Session) { expectNil(t, how.do(t.Context(), s)) })
			expectError(t, m.Destroy(t.Context(), old.id()), coatcheck.ErrGone)
			expectEqual(t, "events", len(events.of(coatcheck.EventDestroyed)), 0)
			expectEqual(t, "counted", m.Stats().Destroyed, 0)
			v.expectMotto(how.owner)
			res := old.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
		})
	}
}

// Manager.Destroy counts what it ended, once, and nothing that it did not find.
func TestManagerDestroyCountsWhatItEnded(t *testing.T) {
	events := new(journal)
	m := manage(t, shelf(t, nil), &coatcheck.Options{OnEvent: events.add})
	v := newVisitor(t, m).begin()
	expectNil(t, m.Destroy(t.Context(), coatcheck.ID{1, 2, 3}))
	expectEqual(t, "events of an unknown ID", len(events.of(coatcheck.EventDestroyed)), 0)
	for range 2 {
		expectNil(t, m.Destroy(t.Context(), v.id()))
		expectEqual(t, "events", len(events.of(coatcheck.EventDestroyed)), 1)
	}
	expectEqual(t, "ID", events.of(coatcheck.EventDestroyed)[0].ID, v.id())
	v.expectAnonymous()
}

// A store that is full of an account's sessions can be emptied of them, though
// it has no room for a note about that.
func TestDestroyOwnerOnAFullStore(t *testing.T) {
	const sessions = 64
	store := memstore.New(&memstore.Options{MaxSessions: sessions})
	t.Cleanup(func() { _ = store.Close() })
	m := manage(t, store, nil)
	var vs [sessions]*visitor
	for i := range vs {
		vs[i] = newVisitor(t, m).login("user " + strconv.Itoa(i/2))
	}
	newVisitor(t, m).visit(func(s *coatcheck.Session) { expectError(t, s.Login(t.Context(), "late"), coatcheck.ErrFull) })
	for owner, want := range map[string]int{"nobody": 0, "user 7": 2} {
		n, err := m.DestroyOwner(t.Context(), owner)
		expectNil(t, err)
		expectEqual(t, "sessions of "+owner, n, want)
	}
	for i, v := range vs {
		if i/2 == 7 {
			v.expectAnonymous()
			continue
		}
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "user "+strconv.Itoa(i/2)) })
	}
}

// What cannot be read cannot be replaced either, only deleted. If that fails
// as well the session may come back, and Destroy must not say that it ended.
func TestDestroyOfADamagedRecord(t *testing.T) {
	damage := func(_ context.Context, _ op, _ func() error) error { return coatcheck.ErrCorrupt }
	for name, destroy := range map[string]struct {
		reads string // the method that meets the damage
		do    func(ctx context.Context, s *coatcheck.Session, m *coatcheck.Manager) error
	}{
		"Session.Destroy": {"Replace", func(ctx context.Context, s *coatcheck.Session, _ *coatcheck.Manager) error { return s.Destroy(ctx) }},
		"Manager.Destroy": {"Load", func(ctx context.Context, s *coatcheck.Session, m *coatcheck.Manager) error {
			return m.Destroy(ctx, s.ID())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
			v := newVisitor(t, m).begin()
			attempt := func(onDelete hook) (res *http.Response, err error) {
				res = v.twin().visit(func(s *coatcheck.Session) {
					store.on(func(ctx context.Context, o op, do func() error) error {
						switch o.name {
						case destroy.reads:
							return damage(ctx, o, do)
						case "Delete":
							return onDelete(ctx, o, do)
						}
						return do()
					})
					err = destroy.do(t.Context(), s, m)
					store.on(nil)
				})
				return res, err
			}
			res, err := attempt(notDone)
			expectError(t, err, errLost)
			expectNoCookie(t, res)
			expectEqual(t, "events of a failure", len(events.of(coatcheck.EventDestroyed)), 0)
			v.expectMotto("")
			_, err = attempt(func(_ context.Context, _ op, do func() error) error { return do() })
			expectNil(t, err)
			expectEqual(t, "events", len(events.of(coatcheck.EventDestroyed)), 1)
			v.expectAnonymous()
		})
	}
}
