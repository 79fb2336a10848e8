//go:build unix

package itest_test

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A killing is two processes, each with a ring over the same three Redis servers
// that wait for the disk. One of these, "b", is killed and comes back, while
// clients are at work on sessions of their own.
type killing struct {
	t      *testing.T
	victim *servers.Server
	rings  [2]*ring.Ring
	at     map[string][]*pledge // the sessions, by their homes

	calls, refused, spared atomic.Int64 // calls, errors, errors for sessions that were not at b
}

// A pledge is a session with what is known of it. One client uses it.
type pledge struct {
	id    coatcheck.ID
	rec   *coatcheck.Record // as it was saved last
	maybe map[uint64]bool   // versions that may have been saved since
	gone  atomic.Bool       // seen to be gone: it must not come back
	seen  atomic.Int64      // answers
}

func newKilling(t *testing.T, policy ring.Policy) *killing {
	k := &killing{t: t, at: map[string][]*pledge{}}
	var members [2][]ring.Member
	for _, name := range []string{"a", "b", "c"} {
		s, err := servers.Redis(&servers.Options{Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Stop() })
		if name == "b" {
			k.victim = s
		}
		for i := range members {
			store, err := redisstore.Open("redis://:"+servers.Password+"@"+s.Addr, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			members[i] = append(members[i], ring.Member{Name: name, Store: store, Weight: 1})
		}
	}
	for i := range k.rings {
		r, err := ring.New(members[i], &ring.Options{Policy: policy, MemberTimeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		k.rings[i] = r
	}
	return k
}

// admit creates n sessions.
func (k *killing) admit(n int) {
	k.t.Helper()
	for range n {
		p := &pledge{maybe: map[uint64]bool{}}
		k.until("a session can be created", func() bool {
			p.rec = lasting(time.Hour)
			crand.Read(p.id[:])
			p.rec.ID = p.id
			return k.any().Create(k.t.Context(), p.rec) == nil
		})
		home := k.rings[0].Locate(p.id)[0]
		k.at[home] = append(k.at[home], p)
	}
}

func (k *killing) any() *ring.Ring { return k.rings[rand.IntN(len(k.rings))] }

// work lets four clients for each home read and change its sessions until the
// returned function is called.
func (k *killing) work() (stop func()) {
	const each = 4
	var clients sync.WaitGroup
	done := make(chan struct{})
	for home, all := range k.at {
		for n := range min(each, len(all)) {
			clients.Go(func() {
				for i := n; ; i += each {
					if i >= len(all) {
						i = n
					}
					select {
					case <-done:
						return
					case <-time.After(rand.N(8 * time.Millisecond)):
						k.visit(home, all[i])
					}
				}
			})
		}
	}
	return func() { close(done); clients.Wait() }
}

// visit loads a session, compares it with what it ought to be, and changes it.
func (k *killing) visit(home string, p *pledge) {
	k.calls.Add(1)
	got, err := k.any().Load(k.t.Context(), p.id)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		p.gone.Store(true)
		p.seen.Add(1)
		return
	case err != nil:
		k.refuse(home)
		return
	case p.gone.Load():
		k.t.Errorf("a session of %s that was gone is back, at version %x", home, got.Version)
	case got.Version != p.rec.Version && !p.maybe[got.Version]:
		k.t.Errorf("a session of %s is at version %x, want %x", home, got.Version, p.rec.Version)
	}
	p.seen.Add(1)
	next := *got
	next.Version = got.Version&^(1<<32-1) + 1<<32 | uint64(rand.Uint32())
	switch err := k.any().Replace(k.t.Context(), &next, got.Version); {
	case err == nil:
		p.rec, p.maybe = &next, map[uint64]bool{}
	case errors.Is(err, coatcheck.ErrConflict), errors.Is(err, coatcheck.ErrNotFound): // the next visit tells
	default:
		p.maybe[next.Version] = true
		k.refuse(home)
	}
}

func (k *killing) refuse(home string) {
	k.refused.Add(1)
	if home != "b" {
		k.spared.Add(1)
	}
}

// until waits for a condition while the clients work.
func (k *killing) until(what string, cond func() bool) time.Duration {
	k.t.Helper()
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; time.Since(began) < time.Minute; <-tick.C {
		if cond() {
			return time.Since(began)
		}
	}
	k.t.Fatalf("waited in vain: %s: %+v", what, k.rings[0].Stats())
	return 0
}

// answered reports whether each of the sessions has been answered since.
func answered(since map[*pledge]int64) bool {
	for p, n := range since {
		if p.seen.Load() <= n {
			return false
		}
	}
	return true
}

// answers notes how often each of some sessions has been answered.
func answers(all []*pledge) map[*pledge]int64 {
	n := map[*pledge]int64{}
	for _, p := range all {
		n[p] = p.seen.Load()
	}
	return n
}

// lost counts the sessions that are gone.
func lost(all []*pledge) (n int) {
	for _, p := range all {
		if p.gone.Load() {
			n++
		}
	}
	return n
}

// tookOver reports whether a process answers for the sessions of b.
func (k *killing) tookOver(process int) bool {
	_, err := k.rings[process].Load(k.t.Context(), k.at["b"][0].id)
	return errors.Is(err, coatcheck.ErrNotFound)
}

// kill kills b when the clients are at work.
func (k *killing) kill() {
	k.until("the clients are at work", func() bool { return k.calls.Load() > 300 })
	if err := k.victim.Kill(); err != nil {
		k.t.Fatal(err)
	}
}

// report says what the visitors have seen.
func (k *killing) report(what string, d ...any) {
	k.t.Logf("%d visits, %d refused (%.0f %%), %d of them for sessions elsewhere; "+what,
		append([]any{k.calls.Load(), k.refused.Load(), 100 * float64(k.refused.Load()) / float64(k.calls.Load()), k.spared.Load()}, d...)...)
}

// TestRingMemberIsKilled: with the policy Fail, a member that is killed costs its
// share an error until it is back, and nobody a session or what was saved.
func TestRingMemberIsKilled(t *testing.T) {
	k := newKilling(t, ring.Fail)
	k.admit(60)
	stop := k.work()
	k.kill()
	k.until("its share is refused", func() bool { return k.refused.Load() > 200 })
	if err := k.victim.Start(); err != nil {
		t.Fatal(err)
	}
	since := answers(k.at["b"])
	took := k.until("its sessions are back", func() bool { return answered(since) })
	stop()
	n := lost(k.at["a"]) + lost(k.at["b"]) + lost(k.at["c"])
	k.report("back %v after the server, %d sessions lost", took.Round(time.Millisecond), n)
	if n > 0 {
		t.Error("sessions were lost")
	}
}

// TestRingMemberIsKilledAndReplaced: with the policy FailOver its share is taken
// over, and what it had stays gone when it is back.
func TestRingMemberIsKilledAndReplaced(t *testing.T) {
	k := newKilling(t, ring.FailOver)
	k.admit(60)
	stop := k.work()
	k.kill()
	took := k.until("its share is taken over", func() bool { return k.tookOver(0) && k.tookOver(1) && lost(k.at["b"]) == len(k.at["b"]) })
	stop()
	refused := fmt.Sprint(k.refused.Load())
	before := len(k.at["b"])
	k.admit(30) // some of them where b was
	stop = k.work()
	if err := k.victim.Start(); err != nil {
		t.Fatal(err)
	}
	state := func(r *ring.Ring) ring.MemberStats { return r.Stats().Members[1] }
	back := k.until("it has its share again", func() bool { return state(k.rings[0]).Homing && state(k.rings[1]).Homing })
	stop()
	k.admit(30)
	stop = k.work()
	k.until("all is well", func() bool {
		if _, err := k.rings[0].Rebalance(t.Context(), &ring.RebalanceOptions{PerSecond: -1}); err != nil {
			t.Fatal(err)
		}
		return !state(k.rings[0]).Homing && !state(k.rings[1]).Homing
	})
	since := answers(append(append(k.at["a"], k.at["b"]...), k.at["c"]...))
	k.until("all sessions have been seen", func() bool { return answered(since) })
	stop()
	k.report("taken over after %v and %s refusals, back %v after the server", took.Round(time.Millisecond), refused, back.Round(time.Millisecond))
	if n := lost(k.at["a"]) + lost(k.at["b"][before:]) + lost(k.at["c"]); n > 0 {
		t.Errorf("%d sessions of other members, or of later, were lost", n)
	}
}
