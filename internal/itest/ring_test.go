package itest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// changes are what becomes of the members of a ring during a history. A letter
// is a member with a share; all know all.
var changes = [...][2]string{
	{"abc", "abcd"}, // one more
	{"abcd", "abc"}, // one less
	{"abc", "bcd"},  // one for another
	{"ab", "cd"},    // all
}

// TestRingIsLinearizableWhileItChanges: two processes share members that change
// while clients are at work. One process learns of it when half of the work that
// is left has been done by both.
func TestRingIsLinearizableWhileItChanges(t *testing.T) {
	model := storeModel()
	sum := newTally(t, "changing ring")
	for goal := scale(8_000*slower, 400_000); sum.operations < goal; {
		weather, crowd := weathers[sum.histories%3], crowds[sum.histories/3%3]
		h := changingHistory(t, changes[sum.histories%len(changes)], weather, crowd, fmt.Sprint("history ", sum.histories))
		requireLinear(t, model, h)
		sum.add(h, weather, model)
	}
	sum.close(answerNames[:]...)
}

// A twoFaced store passes each call on to one of two processes.
type twoFaced struct {
	rings [2]*ring.Ring
	calls atomic.Int64
	at    map[int64]func() // what happens before so many calls
}

func (f *twoFaced) ring() coatcheck.Store {
	if act := f.at[f.calls.Add(1)]; act != nil {
		act()
	}
	return f.rings[rand.IntN(2)]
}

// sure returns errVoid for the error of a ring that means that a call had no
// effect, because a member counts as down. Too many operations that might happen
// at any time would make the check endless.
func sure(err error) error {
	if err != nil && strings.Contains(err.Error(), " is down: ") {
		return errVoid
	}
	return err
}

// Load implements [coatcheck.Store].
func (f *twoFaced) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	return f.ring().Load(ctx, id)
}

// Create implements [coatcheck.Store]. Where the answer to a deletion was lost,
// the ID cannot be used again for some seconds. Then nothing has happened.
func (f *twoFaced) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := f.ring().Create(ctx, rec)
	if _, known := answerOf(err); !known {
		return errVoid
	}
	return sure(err)
}

// Replace implements [coatcheck.Store].
func (f *twoFaced) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return sure(f.ring().Replace(ctx, rec, old))
}

// Touch implements [coatcheck.Store]. Where the ID is used again while a record
// moves, nobody can tell which one was touched.
func (f *twoFaced) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	err := f.ring().Touch(ctx, id, expires)
	if _, known := answerOf(err); !known {
		return errLost
	}
	return err
}

// Delete implements [coatcheck.Store].
func (f *twoFaced) Delete(ctx context.Context, id coatcheck.ID) error {
	return sure(f.ring().Delete(ctx, id))
}

// changingHistory is storeHistory on two rings over members with a weather.
func changingHistory(t *testing.T, change [2]string, weather odds, crowd int, name string) *history {
	stores := map[string]*faulty{}
	start := time.Now().UTC().Truncate(time.Millisecond)
	now := func() time.Time { return start } // nothing expires because the machine is slow
	for _, m := range "abcd" {
		stores[string(m)] = &faulty{inner: memstore.New(&memstore.Options{Now: now}), odds: weather}
	}
	members := func(list string) (all []ring.Member) {
		for n, s := range stores {
			m := ring.Member{Name: n, Store: s, Standby: true}
			for _, c := range list {
				if string(c) == n {
					m.Standby, m.Weight = false, float64(10+c-'a')
				}
			}
			all = append(all, m)
		}
		return all
	}
	f := &twoFaced{at: map[int64]func(){}}
	for i := range f.rings {
		r, err := ring.New(members(change[0]), &ring.Options{MemberTimeout: time.Minute, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		f.rings[i] = r
	}
	total := int64(storeLength * crowd)
	for i, r := range f.rings {
		f.at[total/4*int64(i+1)+rand.Int64N(total/4)] = func() {
			if err := r.SetMembers(members(change[1])); err != nil {
				t.Error(err)
			}
		}
	}
	w := &storeWorld{store: f, name: name, start: start, size: crowd, report: t.Errorf}
	h := newHistory(storeClients)
	together(h.clients, func(c *client) { newStoreClient(c, w).run(storeLength * crowd / storeClients) })
	for _, s := range stores {
		s.late.drain()
		s.odds = calm
	}
	h.settle()
	last := newStoreClient(h.clients[0], w)
	for _, r := range f.rings {
		for session := range w.size {
			w.store = r
			last.one(&storeOp{session: session, call: callLoad})
		}
	}
	return h
}
