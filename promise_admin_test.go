package coatcheck_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Open counts as use, and changes nothing unless it is told to save.
func TestOpenIsLikeARequest(t *testing.T) {
	ctx := t.Context()
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
	v := newVisitor(t, m).begin()
	for range 5 {
		clock.Advance(20 * time.Minute)
		s, err := m.Open(ctx, v.token())
		expectNil(t, err)
		expectEqual(t, "motto", motto.Get(s), "carpe diem")
		tally.Set(s, 1)
	}
	v.expectTally(0)
	s, err := m.Open(ctx, v.token())
	expectNil(t, err)
	other, err := m.Open(ctx, v.token())
	expectNil(t, err)
	expectNil(t, increase(ctx, s))
	expectNil(t, s.Login(ctx, "ada"))
	expectError(t, increase(ctx, other), coatcheck.ErrGone)
	v.expectAnonymous()
	v.cookie = "__Host-id=" + string(s.Token())
	v.expectMotto("ada")
	v.expectTally(1)
}

// An ID of anything but a session of this store is not found: neither a mark
// that DestroyOwner left, nor what another manager makes of the same token.
func TestUpdateFindsOnlySessions(t *testing.T) {
	ctx := t.Context()
	store := shelf(t, nil)
	m := manage(t, store, nil)
	v := newVisitor(t, m).begin().login("ada")
	_, err := m.DestroyOwner(ctx, "ada", v.id())
	expectNil(t, err)
	for _, id := range []coatcheck.ID{m.MarkID("ada"), manage(t, store, &coatcheck.Options{Name: "other"}).ID(v.token())} {
		expectError(t, m.Update(ctx, id, func(*coatcheck.Session) error { t.Error("the function ran"); return nil }), coatcheck.ErrNotFound)
	}
	v.expectMotto("ada")
}

// A session that a wrong clock hides can be destroyed all the same.
func TestManagerDestroyUnderAWrongClock(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
	v := newVisitor(t, m).begin()
	clock.Advance(-time.Hour)
	expectNil(t, m.Destroy(t.Context(), v.id()))
	clock.Advance(time.Hour)
	v.expectAnonymous()
}

// Sessions and All list what lives, with what is known of it, and no more.
func TestListsInPages(t *testing.T) {
	ctx := t.Context()
	for name, page := range map[string]int{"in one page": 0, "in small pages": 2} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			store := watched(t)
			store.inner, store.page = shelf(t, clock.Now), page
			m := manage(t, store, &coatcheck.Options{Now: clock.Now})
			want := make(map[coatcheck.ID]string)
			for n := range 7 {
				v := newVisitor(t, m).begin()
				if n%2 == 0 {
					v.login([]string{"ada", "bob"}[n%4/2])
				}
				want[v.id()] = v.info().Owner
				clock.Advance(time.Second)
			}
			gone := newVisitor(t, m).begin().login("ada")
			expectNil(t, m.Destroy(ctx, gone.id()))
			_, err := m.DestroyOwner(ctx, "carl") // leaves a mark
			expectNil(t, err)
			got := make(map[coatcheck.ID]string)
			for info, err := range m.All(ctx) {
				expectNil(t, err)
				got[info.ID] = info.Owner
			}
			expectEqual(t, "all", len(got), len(want))
			for id, owner := range want {
				expectEqual(t, "owner of "+id.Short(), got[id], owner)
			}
			adas := 0
			for info, err := range m.Sessions(ctx, "ada") {
				expectNil(t, err)
				expectEqual(t, "owner", info.Owner, "ada")
				expectEqual(t, "owner as it was", want[info.ID], "ada")
				if info.Bytes != len(`{"motto":"carpe diem"}`) || info.AuthTime.IsZero() || info.Created.After(info.AuthTime) ||
					info.LastSeen.Before(info.Created) || !info.Expires.After(info.LastSeen) || info.Deadline.Before(info.Expires) || info.Persistent {
					t.Errorf("info %+v", info)
				}
				adas++
			}
			expectEqual(t, "ada's", adas, 2)
			for range m.All(ctx) {
				break // whoever has seen enough may go
			}
		})
	}
}

// A list says why it is not complete.
func TestListsReportErrors(t *testing.T) {
	ctx := t.Context()
	store := watched(t)
	m := manage(t, store, nil)
	newVisitor(t, m).login("ada")
	first := func(list func(func(coatcheck.Info, error) bool)) (errs []error) {
		for _, err := range list {
			errs = append(errs, err)
		}
		return errs
	}
	for name, errs := range map[string][]error{
		"no owner":   first(m.Sessions(ctx, "")),
		"long owner": first(m.Sessions(ctx, string(make([]byte, 256)))),
	} {
		if len(errs) != 1 || !errors.Is(errs[0], coatcheck.ErrInvalid) {
			t.Errorf("%s: %v", name, errs)
		}
	}
	plain := manage(t, struct{ coatcheck.Store }{store.inner}, nil)
	for _, errs := range [][]error{first(plain.Sessions(ctx, "ada")), first(plain.All(ctx))} {
		if len(errs) != 1 || !errors.Is(errs[0], coatcheck.ErrUnsupported) {
			t.Errorf("%v, want ErrUnsupported", errs)
		}
	}
	store.on(notDone)
	for _, errs := range [][]error{first(m.Sessions(ctx, "ada")), first(m.All(ctx))} {
		if len(errs) != 1 || !errors.Is(errs[0], errLost) {
			t.Errorf("%v, want the store's error", errs)
		}
	}
}

// Where the store has a list but no index of owners, the list will do.
func TestOwnersWithoutAnIndex(t *testing.T) {
	ctx := t.Context()
	store := watched(t)
	m := manage(t, struct {
		coatcheck.Store
		coatcheck.Lister
	}{store, store}, nil)
	var ids []coatcheck.ID
	for range 3 {
		ids = append(ids, newVisitor(t, m).begin().login("ada").id())
	}
	bob := newVisitor(t, m).begin().login("bob")
	for info, err := range m.Sessions(ctx, "ada") {
		expectNil(t, err)
		if !slices.Contains(ids, info.ID) {
			t.Errorf("%s is not ada's", info.ID.Short())
		}
	}
	n, err := m.DestroyOwner(ctx, "ada", ids[1])
	expectNil(t, err)
	expectEqual(t, "destroyed", n, 2)
	expectEqual(t, "calls of the index", store.count("Owned"), 0)
	bob.expectMotto("bob")
}
