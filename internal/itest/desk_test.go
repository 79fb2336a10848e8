package itest_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/coatcheck/coatcheck"
)

// A view is one request's session, and what the ledger says of it.
type view struct {
	s       *coatcheck.Session
	m       int
	phase   phase  // unborn, live, or over when it ended under us
	as      *entry // when live: the session as the view knows it
	pending pending
}

// A desk is a state machine: managers on one store, views of their sessions,
// and the ledger that they must agree with.
type desk struct {
	ledger   *ledger
	bench    *bench
	store    *faulty // always in calm weather; stands before the store that is open
	managers [managers]*coatcheck.Manager
	views    []*view
	met      met
}

// met counts the situations that the steps met.
type met map[string]int

// situations are those that some case must meet.
var situations = []string{
	"merged onto another's save", "saved what was there", "save after the end", "renewal after the end",
	"opened after a renewal", "opened when expired", "use written down", "use not written down", "renewed with changes",
	"destroyed after a renewal", "logged in as another", "spared by DestroyOwner", "took the end of a session to the nanosecond",
}

// maxViews is how many sessions are open at once.
const maxViews = 5

// What the sessions hold, and who logs in to them.
var (
	names  = []string{"a", "b", "c"}
	owners = []string{"anna", "bert"}
)

func key(name string) coatcheck.Key[int] { return coatcheck.NewKey[int](name) }

func newDesk(t *rapid.T, target target, dir string) *desk {
	d := &desk{ledger: newLedger(), met: met{}}
	d.bench = target.setUp(dir, d.ledger.now, t.Fatalf)
	t.Cleanup(d.bench.tearDown)
	d.store = &faulty{inner: d.bench.Store}
	for i := range d.managers {
		m, err := coatcheck.New(d.store, &coatcheck.Options{
			IdleTimeout:              memberIdle,
			AbsoluteTimeout:          memberAbsolute,
			AnonymousIdleTimeout:     guestIdle,
			AnonymousAbsoluteTimeout: guestAbsolute,
			SweepInterval:            coatcheck.NoSweep,
			Now:                      d.ledger.now,
			Logger:                   slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		d.managers[i] = m
	}
	return d
}

// steps are what a case is made of, each as often as its weight says: sessions
// must live long enough to have something happen to them.
var steps = []struct {
	weight int
	name   string
	run    func(*desk, *rapid.T)
}{
	{2, "open none", (*desk).openNone},
	{8, "open", (*desk).open},
	{1, "open a made-up token", (*desk).openUnknown},
	{12, "change", (*desk).change},
	{8, "save", (*desk).save},
	{5, "transact", (*desk).transact},
	{4, "update", (*desk).update},
	{3, "renew", (*desk).renew},
	{3, "login", (*desk).login},
	{3, "touch", (*desk).touch},
	{2, "destroy", (*desk).destroy},
	{1, "destroy by ID", (*desk).destroyID},
	{1, "destroy an owner's", (*desk).destroyOwner},
	{4, "move the clock", (*desk).move},
	{1, "list an owner's", (*desk).sessions},
	{1, "sweep", (*desk).sweep},
	{1, "misuse", (*desk).misuse},
	{1, "reopen the store", (*desk).reopen},
}

// run makes a case of steps.
func (d *desk) run(t *rapid.T) {
	var bag []int
	for i, s := range steps {
		for range s.weight {
			bag = append(bag, i)
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"": d.check,
		"step": func(t *rapid.T) {
			s := steps[fair(bag).Draw(t, "step")]
			t.Log(s.name)
			d.met["steps"]++
			s.run(d, t)
		},
	})
}

// fair draws from a list without rapid's liking for its beginning.
func fair[T any](list []T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		n := 0
		for range 10 {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return list[n%len(list)]
	})
}

// check runs after every step.
func (d *desk) check(t *rapid.T) {
	for _, v := range d.views {
		v.check(t)
	}
	d.checkStore(t)
}

// check compares what a view shows with the ledger.
func (v *view) check(t *rapid.T) {
	var stored values
	var info coatcheck.Info
	if v.phase == live {
		stored = v.as.holds
		info = v.as.info()
	}
	var keys []string
	for _, name := range names {
		want, ok := v.pending.look(stored, name)
		got, present, err := key(name).Lookup(v.s)
		if err != nil || present != ok || got != want {
			t.Fatalf("%s = %d, %v, %v; want %d, %v", name, got, present, err, want, ok)
		}
		if ok {
			keys = append(keys, name)
		}
	}
	if got := slices.Sorted(slices.Values(v.s.Keys())); !slices.Equal(got, keys) {
		t.Fatalf("Keys = %v, want %v", got, keys)
	}
	got := v.s.Info()
	got.LastSeen = info.LastSeen
	if got != info {
		t.Fatalf("Info =\n%+v, want\n%+v", got, info)
	}
	if v.s.IsNew() != (v.phase != live) || v.s.ID() != info.ID || v.s.Owner() != info.Owner {
		t.Fatalf("IsNew, ID, Owner = %v, %v, %q; phase %v", v.s.IsNew(), v.s.ID(), v.s.Owner(), v.phase)
	}
	if err := v.s.Err(); err != nil {
		t.Fatalf("Err = %v", err)
	}
}

// info is what lists ought to say of a session. LastSeen follows from Expires.
func (e *entry) info() coatcheck.Info {
	return coatcheck.Info{
		ID: e.id, Owner: e.owner, Created: e.created, AuthTime: e.auth,
		Expires: e.expires, Deadline: e.deadline, Bytes: len(e.holds.json()),
	}
}

// checkStore compares the sessions in the store with those in the ledger: none
// is missing, none has come back.
func (d *desk) checkStore(t *rapid.T) {
	ctx, left := context.Background(), maps.Clone(d.ledger.entries)
	for info, err := range d.managers[0].All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		e := d.ledger.live(info.ID)
		if e == nil || left[info.ID] == nil {
			t.Fatalf("session %s of %q is stored, but has ended", info.ID.Short(), info.Owner)
		}
		info.LastSeen = e.info().LastSeen
		if info != e.info() {
			t.Fatalf("stored:\n%+v, want\n%+v", info, e.info())
		}
		delete(left, info.ID)
	}
	for id := range left {
		if e := d.ledger.live(id); e != nil {
			t.Fatalf("session %s of %q is not stored", id.Short(), e.owner)
		}
	}
}

// TestManagerFollowsItsLedger: step by step, on every store that can list, two
// managers do what a map on one desk would.
func TestManagerFollowsItsLedger(t *testing.T) {
	eachLister(t, func(t *testing.T, target target) {
		met, cases, base := met{}, 0, scratch(t)
		long := 20_000
		if target.durable || target.name == "ring of three" {
			long = 2_000 // it syncs files, and how fast is not ours to say, or asks three stores each time
		}
		ordinary := 500
		if slower > 1 {
			ordinary /= 2 // there is one goroutine, and hardly anything for the race detector
		}
		n := rapidScale(t, target.scale(ordinary, long), 60)
		rapid.Check(t, func(rt *rapid.T) {
			dir, err := os.MkdirTemp(base, "")
			if err != nil {
				rt.Fatal(err)
			}
			rt.Cleanup(func() { _ = os.RemoveAll(dir) })
			d := newDesk(rt, target, dir)
			d.met, cases = met, cases+1
			d.run(rt)
		})
		if cases < n {
			t.Errorf("%d cases of %d", cases, n)
		}
		t.Logf("%s: %d steps in %d cases, all by the ledger: %v", target.name, met["steps"], cases, met)
		for _, name := range situations {
			if met[name] == 0 && cases >= 400 { // a slow store has too few for the rare ones
				t.Errorf("never met: %s", name)
			}
		}
	})
}

// TestLedgerFindsBrokenStores: the steps are rich enough to show each fault
// that needs no concurrency.
func TestLedgerFindsBrokenStores(t *testing.T) {
	rapidScale(t, 1000, 60)
	preset(t, "rapid.nofailfile", "RAPID_NOFAILFILE", "true")
	preset(t, "rapid.shrinktime", "RAPID_SHRINKTIME", "0s")
	for _, b := range breaches {
		if !b.steps {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			said := failure(func(tb rapid.TB) {
				rapid.Check(tb, func(rt *rapid.T) { newDesk(rt, b.target(), "").run(rt) })
			})
			if said == "" {
				t.Error("nothing wrong was found")
			}
			t.Log(strings.SplitN(said, "\n", 2)[0])
		})
	}
}
