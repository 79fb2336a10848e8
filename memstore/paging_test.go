package memstore_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// listed returns how often each ID is listed, in pages of limit. It calls
// between after each page.
func listed(t testing.TB, s *memstore.Store, limit int, between func()) map[coatcheck.ID]int {
	t.Helper()
	seen := map[coatcheck.ID]int{}
	for cursor := ""; ; {
		recs, next, err := s.List(context.Background(), cursor, limit)
		must(t, err)
		if len(recs) > limit || len(recs) > memstore.MaxPage {
			t.Fatalf("a page of at most %d has %d", limit, len(recs))
		}
		for _, rec := range recs {
			seen[rec.ID]++
		}
		if next == "" {
			return seen
		}
		between()
		cursor = next
	}
}

// owned is listed for the sessions of one owner.
func owned(t testing.TB, s *memstore.Store, owner string, limit int, between func()) map[coatcheck.ID]int {
	t.Helper()
	seen := map[coatcheck.ID]int{}
	for cursor := ""; ; {
		ids, next, err := s.Owned(context.Background(), owner, cursor, limit)
		must(t, err)
		if len(ids) > limit || len(ids) > memstore.MaxPage {
			t.Fatalf("a page of at most %d has %d", limit, len(ids))
		}
		for _, id := range ids {
			seen[id]++
		}
		if next == "" {
			return seen
		}
		between()
		cursor = next
	}
}

func TestOneOwnerWithManySessions(t *testing.T) {
	const many = 5000
	o, _ := at()
	s := memstore.New(o)
	fill(t, s, 0, many, "ann")
	for _, limit := range []int{1, 7, memstore.Batch, memstore.Batch + 1, math.MaxInt} {
		for name, seen := range map[string]map[coatcheck.ID]int{
			"Owned": owned(t, s, "ann", limit, func() {}),
			"List":  listed(t, s, limit, func() {}),
		} {
			if len(seen) != many {
				t.Fatalf("%s with limit %d finds %d of %d", name, limit, len(seen), many)
			}
			for id, n := range seen {
				if n != 1 {
					t.Fatalf("%s with limit %d finds %v %d times", name, limit, id, n)
				}
			}
		}
	}
}

// Those that stay are found exactly once while so many others come and go
// that the holes they leave are closed several times.
func TestPagingAmidComingAndGoing(t *testing.T) {
	const stay, pass = 300, 3000
	for name, read := range map[string]func(s *memstore.Store, between func()) map[coatcheck.ID]int{
		"List":  func(s *memstore.Store, between func()) map[coatcheck.ID]int { return listed(t, s, 10, between) },
		"Owned": func(s *memstore.Store, between func()) map[coatcheck.ID]int { return owned(t, s, "ann", 10, between) },
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := at()
			s := memstore.New(o)
			ctx := context.Background()
			rng := rand.New(rand.NewPCG(1, 2))
			born := stay
			var passing []int
			come := func() {
				fill(t, s, born, born+1, "ann")
				passing = append(passing, born)
				born++
			}
			for n := range stay {
				for range pass / stay {
					come()
				}
				fill(t, s, n, n+1, "ann")
			}
			seen := read(s, func() {
				for range 60 {
					if len(passing) > 0 && rng.IntN(3) > 0 {
						i := rng.IntN(len(passing))
						must(t, s.Delete(ctx, idOf(passing[i])))
						passing[i] = passing[len(passing)-1]
						passing = passing[:len(passing)-1]
					} else if born < 4*pass {
						come()
					}
				}
			})
			for n := range stay {
				if seen[idOf(n)] != 1 {
					t.Fatalf("session %d, which stays, is found %d times", n, seen[idOf(n)])
				}
			}
			for id, n := range seen {
				if n > 1 {
					t.Fatalf("%v is found %d times", id, n)
				}
			}
		})
	}
}

func TestTheOwnerIndexFollowsTheRecords(t *testing.T) {
	s, c := limited(10)
	ctx := context.Background()
	find := func(owner string, want ...int) {
		t.Helper()
		seen := owned(t, s, owner, 10, func() {})
		for _, n := range want {
			if seen[idOf(n)] != 1 {
				t.Fatalf("session %d of %q is found %d times", n, owner, seen[idOf(n)])
			}
		}
		if len(seen) != len(want) {
			t.Fatalf("%q has %d entries, want %d", owner, len(seen), len(want))
		}
	}
	fill(t, s, 0, 4, "ann")
	fill(t, s, 4, 6, "bob")
	must(t, s.Replace(ctx, next(session(0, "ann"), "x"), 1))
	must(t, s.Touch(ctx, idOf(1), start.Add(time.Hour)))
	find("ann", 0, 1, 2, 3)
	must(t, s.Replace(ctx, stub(session(2, "ann")), 1))
	must(t, s.Delete(ctx, idOf(3)))
	find("ann", 0, 1)
	find("bob", 4, 5)
	c.add(45 * time.Minute) // all but 1 have expired
	rec := session(0, "cid")
	rec.Expires = c.now().Add(time.Minute)
	must(t, s.Create(ctx, rec))
	find("cid", 0)
	_, err := s.Sweep(ctx, c.now(), "", 100)
	must(t, err)
	find("ann", 1)
	find("bob")
	if n := memstore.Owners(s); n != 2 {
		t.Errorf("the index has %d owners, want ann and cid", n)
	}
}

// An entry and its record appear and disappear as one, whoever looks.
func TestTheOwnerIndexIsNeverBehind(t *testing.T) {
	o, _ := at()
	s := memstore.New(o)
	ctx := context.Background()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				n := w*1000 + i
				fill(t, s, n, n+1, "ann")
				if seen := owned(t, s, "ann", memstore.MaxPage, func() {}); seen[idOf(n)] != 1 {
					t.Errorf("session %d is found %d times after its Create", n, seen[idOf(n)])
				}
				if i%2 == 0 {
					must(t, s.Delete(ctx, idOf(n)))
				} else {
					must(t, s.Replace(ctx, stub(session(n, "ann")), 1))
				}
				if seen := owned(t, s, "ann", memstore.MaxPage, func() {}); seen[idOf(n)] != 0 {
					t.Errorf("session %d is found %d times after its end", n, seen[idOf(n)])
				}
			}
		})
	}
	wg.Wait()
	if seen := owned(t, s, "ann", 10, func() {}); len(seen) != 0 {
		t.Errorf("%d entries are left over", len(seen))
	}
}

func TestCursorsAreChecked(t *testing.T) {
	s, _ := limited(10)
	ctx := context.Background()
	fill(t, s, 0, 4, "ann")
	_, list, err := s.List(ctx, "", 1)
	must(t, err)
	_, of, err := s.Owned(ctx, "ann", "", 1)
	must(t, err)
	for _, bad := range []string{" ", "0", "zz", "fg", "AA", "-1", "+f", "0x", list + "0", strings.ToUpper(list[:17]) + "A", of + "0", "ä"} {
		_, _, err := s.List(ctx, bad, 1)
		wants(t, err, coatcheck.ErrInvalid)
		_, _, err = s.Owned(ctx, "ann", bad, 1)
		wants(t, err, coatcheck.ErrInvalid)
		_, err = s.Sweep(ctx, start, bad, 1)
		wants(t, err, coatcheck.ErrInvalid)
	}
	// Nor is a cursor good for another method.
	_, _, err = s.List(ctx, of, 1)
	wants(t, err, coatcheck.ErrInvalid)
	_, _, err = s.Owned(ctx, "ann", list, 1)
	wants(t, err, coatcheck.ErrInvalid)
	_, err = s.Sweep(ctx, start, list, 1)
	wants(t, err, coatcheck.ErrInvalid)
	_, _, err = s.Owned(ctx, "", "", 1)
	wants(t, err, coatcheck.ErrInvalid)
}

func TestListLeavesOutWhatHasExpired(t *testing.T) {
	s, c := limited(1000)
	fill(t, s, 0, 500, "ann")
	must(t, s.Touch(context.Background(), idOf(7), start.Add(time.Hour)))
	c.add(30 * time.Minute)
	seen := listed(t, s, 20, func() {})
	if len(seen) != 1 || seen[idOf(7)] != 1 {
		t.Errorf("%d records are listed, want only the live one", len(seen))
	}
}
