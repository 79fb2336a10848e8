package listing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/intake"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/memstore"
)

// fill puts n sessions into a new store: every third is nobody's, the others
// are ada's and bob's by turns.
func fill(t *testing.T, n int) (*memstore.Store, *coatcheck.Manager) {
	t.Helper()
	store := memstore.New(nil)
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	for i := range n {
		owner := ""
		if i%3 > 0 {
			owner = []string{"ada", "bob"}[i%2]
		}
		add(t, store, m, fmt.Sprint("old", i), owner, fmt.Sprintf(`{"n":"%s"}`, strings.Repeat("x", i%50)))
	}
	return store, m
}

func add(t *testing.T, store coatcheck.Store, m *coatcheck.Manager, key, owner, data string) coatcheck.ID {
	t.Helper()
	rec, err := m.NewRecord(intake.ForeignToken(key), owner, []byte(data), time.Now().Add(time.Hour))
	if err == nil {
		err = store.Create(t.Context(), rec)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rec.ID
}

// walk returns the IDs of a whole walk, page by page of so many entries.
func walk(t *testing.T, w listing.Walk) (ids []coatcheck.ID) {
	t.Helper()
	for {
		got, next := 0, ""
		for page, err := range w.Pages(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				ids = append(ids, e.ID)
			}
			got, next = got+len(page.Entries), page.Next
		}
		if w.Limit > 0 && got > w.Limit {
			t.Errorf("%d entries, with a limit of %d", got, w.Limit)
		}
		if w.After = next; next == "" {
			return ids
		}
	}
}

// TestPagesJoin: pages of whatever length, with whatever filter, are together
// what one walk yields, though most of what the store lists falls through.
func TestPagesJoin(t *testing.T) {
	store, _ := fill(t, 1200)
	for name, filter := range map[string]listing.Filter{
		"all": {}, "owner": {Owner: "ada"}, "anonymous": {Anonymous: true}, "prefix": {Prefix: "a"}, "rare": {Prefix: "a7"}, "none": {Older: time.Hour},
	} {
		all := walk(t, listing.Walk{Store: store, Filter: filter, Now: time.Now()})
		if name != "none" && len(all) == 0 || name == "all" && len(all) != 1200 {
			t.Errorf("%s: %d sessions", name, len(all))
		}
		for _, limit := range []int{1, 7, 499, 500, 5000} {
			if limit == 1 && len(all) > 100 {
				continue
			}
			if got := walk(t, listing.Walk{Store: store, Filter: filter, Now: time.Now(), Limit: limit}); !slices.Equal(got, all) {
				t.Errorf("%s: by pages of %d, %d sessions, want %d", name, limit, len(got), len(all))
			}
		}
	}
}

// TestPagesWithoutIndex: a store without an index of owners is walked through.
func TestPagesWithoutIndex(t *testing.T) {
	store, _ := fill(t, 100)
	by := walk(t, listing.Walk{Store: store, Filter: listing.Filter{Owner: "ada"}, Now: time.Now()})
	plain := struct {
		coatcheck.Store
		coatcheck.Lister
	}{store, store}
	got := walk(t, listing.Walk{Store: plain, Filter: listing.Filter{Owner: "ada"}, Now: time.Now(), Limit: 3})
	less := func(a, b coatcheck.ID) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(by, less)
	slices.SortFunc(got, less)
	if len(by) == 0 || !slices.Equal(by, got) {
		t.Errorf("without an index %d sessions, with it %d", len(got), len(by))
	}
	for _, err := range (&listing.Walk{Store: struct{ coatcheck.Store }{store}}).Pages(t.Context()) {
		if !errors.Is(err, coatcheck.ErrUnsupported) || err.Error() != "this store cannot list its sessions" {
			t.Errorf("a store that cannot list: %v", err)
		}
	}
}

// A stuck store lists the same page for ever.
type stuck struct{ coatcheck.Store }

func (stuck) List(context.Context, string, int) ([]*coatcheck.Record, string, error) {
	return nil, "same", nil
}

// TestStuck: a listing that does not advance is an error, not for ever.
func TestStuck(t *testing.T) {
	n := 0
	for _, err := range (&listing.Walk{Store: stuck{}, Now: time.Now()}).Pages(t.Context()) {
		if n++; n == 2 && err == nil || n > 2 {
			t.Fatalf("page %d, %v", n, err)
		}
	}
}

func TestFind(t *testing.T) {
	store, m := fill(t, 0)
	one := add(t, store, m, "one", "ada", "{}")
	var twins [2]coatcheck.ID
	first := map[string]int{}
	for i := 0; twins[1].IsZero(); i++ { // two IDs that share their first three digits: soon found
		key := fmt.Sprint("twin", i)
		id := m.ID(intake.ForeignToken(key))
		if j, ok := first[id.String()[:6]]; ok {
			twins[0] = add(t, store, m, fmt.Sprint("twin", j), "", "{}")
			twins[1] = add(t, store, m, key, "", "{}")
		}
		first[id.String()[:6]] = i
	}
	find := func(word string) (coatcheck.ID, error) { return listing.Find(t.Context(), store, word, time.Now()) }
	for _, word := range []string{one.String(), one.Short(), strings.ToUpper(one.String()[:20])} {
		if id, err := find(word); id != one || err != nil {
			t.Errorf("%s: %s, %v", word, id, err)
		}
	}
	if _, err := find(twins[0].String()[:6]); err == nil || !strings.Contains(err.Error(), "2 sessions have an ID that begins with") {
		t.Errorf("digits of two: %v", err)
	}
	if id, err := find(twins[1].String()[:63]); id != twins[1] || err != nil {
		t.Errorf("nearly all digits: %v", err)
	}
	if _, err := find("000000"); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("digits of none: %v", err)
	}
	for _, word := range []string{"", "abc", "xyzxyz", one.String() + "0", strings.Repeat("x", 42) + "A"} {
		if _, err := find(word); !errors.Is(err, listing.ErrName) || len(word) > 3 && strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// TestSorted: the first ones of an order, out of many.
func TestSorted(t *testing.T) {
	store, _ := fill(t, 1200)
	for _, name := range listing.OrderNames() {
		order, ok := listing.OrderOf(name)
		if !ok {
			t.Fatal(name)
		}
		for _, reverse := range []bool{false, true} {
			all, few := listing.NewSorted(order, reverse, 0), listing.NewSorted(order, reverse, 5)
			for page, err := range (&listing.Walk{Store: store, Now: time.Now()}).Pages(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				all.Add(page.Entries...)
				few.Add(page.Entries...)
			}
			want, more := all.Entries()
			if len(want) != 1200 || more {
				t.Errorf("%s: %d entries, more %v", name, len(want), more)
			}
			got, more := few.Entries()
			if !slices.Equal(got, want[:5]) || !more {
				t.Errorf("%s, reverse %v: the first five are not those of all", name, reverse)
			}
			if biggest := want[0].Bytes; name == "size" && (biggest == slices.MaxFunc(want, func(a, b listing.Entry) int { return a.Bytes - b.Bytes }).Bytes) == reverse {
				t.Errorf("size, reverse %v: the first has %d bytes", reverse, biggest)
			}
		}
	}
	if _, ok := listing.OrderOf("colour"); ok {
		t.Error("there is an order by colour")
	}
}
