package itest_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/coatcheck/coatcheck"
)

// The size of one history of sessions.
const (
	coatClients = 8
	coatRounds  = 5
	coatLength  = 1500
)

// betweenRounds is how far the clock moves between two rounds of a history:
// sessions become due for a touch, stubs and marks expire, sessions do not.
const betweenRounds = 3 * time.Minute

// TestSessionsAreLinearizable: on every store, through two managers that know
// nothing of each other and whatever answers are lost, a session has one token
// that opens it and one content, and after its end it has none.
func TestSessionsAreLinearizable(t *testing.T) {
	eachTarget(t, func(t *testing.T, target target) {
		model := coatModel()
		sum := newTally(t, target.name)
		for goal := target.scale(20_000, 500_000); sum.operations < goal || sum.histories < len(weathers); {
			weather := weathers[sum.histories%3]
			h := coatHistory(t, target, weather, t.Errorf)
			requireLinear(t, model, h)
			sum.add(h, weather, model)
		}
		sum.close(endNames[:endFailed]...)
	})
}

// managerOn returns a manager for histories: it says nothing and is patient.
func managerOn(t testing.TB, store coatcheck.Store, clock *tickingClock, every time.Duration) *coatcheck.Manager {
	m, err := coatcheck.New(store, &coatcheck.Options{
		RotateEvery:              every,
		IdleTimeout:              100 * time.Hour,
		AbsoluteTimeout:          1000 * time.Hour,
		AnonymousIdleTimeout:     100 * time.Hour,
		AnonymousAbsoluteTimeout: 1000 * time.Hour,
		StoreTimeout:             time.Minute,
		SweepInterval:            coatcheck.NoSweep,
		Now:                      clock.now,
		Logger:                   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// coatHistory lets clients work on sessions in a new store, in some weather, and
// returns what they saw. What no history shows, such as another's values, goes
// to report.
func coatHistory(t testing.TB, target target, weather odds, report func(string, ...any)) *history {
	h, _ := turningHistory(t, target, weather, 0, report)
	return h
}

// turningHistory is coatHistory with sessions that are rotated that often, and
// returns how many were.
func turningHistory(t testing.TB, target target, weather odds, every time.Duration, report func(string, ...any)) (_ *history, turns uint64) {
	clock := new(tickingClock)
	clock.set(theEpoch)
	b := target.setUp(scratch(t), clock.now, report)
	defer func() { b.tearDown() }()
	f := &faulty{inner: b.Store, odds: weather}
	can := coatcheck.CapabilitiesOf(b.Store)
	room := &cloakroom{
		owners:   can.Owners || can.List,
		managers: []*coatcheck.Manager{managerOn(t, f, clock, every), managerOn(t, f, clock, every)},
		turning:  every > 0,
		report:   report,
		hooks:    make([]*coat, 1+rand.IntN(8)),
	}
	h := newHistory(coatClients)
	clients := map[*client]*coatClient{}
	for _, c := range h.clients {
		clients[c] = newCoatClient(c, room)
	}
	length := coatLength
	if _, slow := slowness[target.name]; slow && !torture() {
		length /= 3 // there is one in each weather
	}
	if every > 0 {
		length = scale(coatLength/3, coatLength)
	}
	for range coatRounds {
		together(h.clients, func(c *client) { clients[c].run(length / coatRounds / coatClients) })
		clock.move(betweenRounds)
		room.round++
	}
	f.late.drain()
	h.settle()
	b.again()
	living := inspect(clients[h.clients[0]], managerOn(t, b.Store, clock, 0), room)
	if weather == calm && can.List {
		if n := stored(t, managerOn(t, b.Store, clock, 0)); n != living {
			report("%d sessions are stored, but %d tokens are live", n, living)
		}
	}
	for _, m := range room.managers {
		turns += m.Stats().Rotated
	}
	return h, turns
}

// inspect reads every token of every coat, when all is quiet, and returns how
// many are live.
func inspect(c *coatClient, m *coatcheck.Manager, room *cloakroom) (living int) {
	for _, coat := range room.coats {
		for n, token := range coat.tokens {
			o := &coatOp{coat: coat.n, way: wayRead, token: n}
			c.do(m, coat, o, token)
			if o.end == endOK {
				living++
			}
		}
	}
	return living
}

// stored counts the sessions in the store.
func stored(t testing.TB, m *coatcheck.Manager) (n int) {
	for _, err := range m.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestBrokenStoresBreakSessions: what a broken store does to sessions shows too.
func TestBrokenStoresBreakSessions(t *testing.T) {
	model := coatModel()
	for _, b := range breaches {
		if b.sessions {
			t.Run(b.name, func(t *testing.T) {
				for n := range maxHistories {
					h := coatHistory(t, b.target(), weathers[n%3], t.Logf)
					if linear(model, h) == porcupine.Illegal {
						t.Logf("found by history %d", n+1)
						return
					}
				}
				t.Errorf("%d histories found nothing wrong", maxHistories)
			})
		}
	}
}
