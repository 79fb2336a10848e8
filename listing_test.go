package coatcheck_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// An eternal store gives out and lists every record as one that expires
// never, whatever its deadline.
type eternal struct{ fullStore }

func (s eternal) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.fullStore.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return eternally(rec), nil
}

func (s eternal) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	recs, next, err := s.fullStore.List(ctx, cursor, limit)
	for i := range recs {
		recs[i] = eternally(recs[i])
	}
	return recs, next, err
}

func eternally(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	c.Expires = c.Deadline.Add(24 * time.Hour)
	return &c
}

// A store that let Expires pass Deadline keeps no session alive: neither for
// its visitor nor in the lists.
func TestNoSessionIsListedPastItsDeadline(t *testing.T) {
	for _, owner := range []string{"", "ada"} {
		clock := newClock()
		asleep := func() time.Time { return time.Time{} } // the store forgets nothing
		store := eternal{shelf(t, asleep)}
		m := manage(t, store, limits(clock.Now))
		v := newVisitor(t, m).begin()
		if owner != "" {
			v.login(owner)
		}
		clock.Advance(v.info().Deadline.Sub(clock.Now()) - time.Millisecond)
		v.expectEverywhere(owner)
		for info, err := range m.All(t.Context()) {
			expectNil(t, err)
			expectEqual(t, "listed", info.ID, v.id())
		}
		clock.Advance(time.Millisecond)
		v.expectNowhere()
		_, err := store.Load(t.Context(), v.id())
		expectNil(t, err) // or the test has shown nothing
	}
}

// Pages that no store should give are an error, once, and neither a panic nor
// a loop without end.
func TestBrokenListings(t *testing.T) {
	lists := map[string]func(m *coatcheck.Manager, ctx context.Context) iter.Seq2[coatcheck.Info, error]{
		"All": (*coatcheck.Manager).All,
		"Sessions": func(m *coatcheck.Manager, ctx context.Context) iter.Seq2[coatcheck.Info, error] {
			return m.Sessions(ctx, "ada")
		},
		"DestroyOwner": func(m *coatcheck.Manager, ctx context.Context) iter.Seq2[coatcheck.Info, error] {
			return func(yield func(coatcheck.Info, error) bool) {
				_, err := m.DestroyOwner(ctx, "ada")
				yield(coatcheck.Info{}, err)
			}
		},
	}
	for fault, page := range map[string]struct {
		recs  []*coatcheck.Record
		next  string
		pages int // that are asked for
	}{
		"nothing in the place of a record": {[]*coatcheck.Record{nil}, "", 1},
		"a cursor that does not advance":   {nil, "again", 2},
	} {
		for name, list := range lists {
			t.Run(fault+", "+name, func(t *testing.T) {
				events := new(journal)
				store := &brokenList{Store: shelf(t, nil), recs: page.recs, next: page.next}
				m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
				var errs []error
				for _, err := range list(m, t.Context()) {
					errs = append(errs, err)
				}
				if len(errs) != 1 || errs[0] == nil {
					t.Errorf("yielded %v, want one error", errs)
				}
				expectEqual(t, "pages", store.pages, page.pages)
				expectEqual(t, "events", len(events.of(coatcheck.EventStoreError)), 1)
			})
		}
	}
}

// The same of an index of owners.
func TestBrokenOwnerIndex(t *testing.T) {
	index := &brokenIndex{fullStore: shelf(t, nil)}
	m := manage(t, index, nil)
	var errs []error
	for _, err := range m.Sessions(t.Context(), "ada") {
		errs = append(errs, err)
	}
	if len(errs) != 1 || errs[0] == nil {
		t.Errorf("yielded %v, want one error", errs)
	}
	expectEqual(t, "pages of Sessions", index.pages, 2)
	index.pages = 0
	if _, err := m.DestroyOwner(t.Context(), "ada"); err == nil {
		t.Error("DestroyOwner says that it found all sessions")
	}
	expectEqual(t, "pages of DestroyOwner", index.pages, 2)
}

// patience is how many pages a broken store gives before it ends a loop.
const patience = 100

// A brokenList is a store without an index that gives one page, always.
type brokenList struct {
	coatcheck.Store
	recs  []*coatcheck.Record
	next  string
	pages int // so far
}

func (s *brokenList) List(context.Context, string, int) ([]*coatcheck.Record, string, error) {
	if s.pages++; s.pages > patience {
		return nil, "", errLost
	}
	return s.recs, s.next, nil
}

// A brokenIndex gives one cursor, always.
type brokenIndex struct {
	fullStore
	pages int // so far
}

func (s *brokenIndex) Owned(context.Context, string, string, int) ([]coatcheck.ID, string, error) {
	if s.pages++; s.pages > patience {
		return nil, "", errLost
	}
	return nil, "again", nil
}
