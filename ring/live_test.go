package ring_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A visitor is a session and what is known of it.
type visitor struct {
	owner   string
	mu      sync.Mutex // never held during a call
	token   coatcheck.Token
	turning int          // renewals under way
	ended   bool         // a Destroy has begun
	counted atomic.Int64 // updates that were acknowledged
}

// knows reports whether somebody with this token must be let in.
func (v *visitor) knows(token coatcheck.Token) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token == token && !v.ended && v.turning == 0
}

// renew gives the session a new token.
func (v *visitor) renew(s *coatcheck.Session) error {
	v.mu.Lock()
	v.turning++
	v.mu.Unlock()
	err := s.Renew(context.Background())
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turning--
	if err == nil {
		v.token = s.Token()
	}
	return err
}

// ends notes that a Destroy begins.
func (v *visitor) ends() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
}

func (v *visitor) now() (token coatcheck.Token, ended bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token, v.ended
}

// A crowd is visitors, and clients who act for them through two processes.
type crowd struct {
	t        *testing.T
	sites    [2]*coatcheck.Manager
	visitors []*visitor
	count    coatcheck.Key[int]
	dead     sync.Map // tokens that were destroyed or renewed, and that was acknowledged
}

// TestLiveChange adds a member and takes another out under load. One of two
// processes learns of each change three seconds after the other.
func TestLiveChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stores := map[string]coatcheck.Store{}
		for _, name := range []string{"a", "b", "c", "d"} {
			stores[name] = memstore.New(nil)
		}
		members := func(weights map[string]float64) (ms []ring.Member) {
			for name, s := range stores {
				ms = append(ms, ring.Member{Name: name, Store: s, Weight: weights[name], Standby: weights[name] == 0})
			}
			return ms
		}
		before := map[string]float64{"a": 15, "b": 20, "c": 10}
		after := map[string]float64{"a": 15, "b": 20, "d": 10}
		rings := [2]*ring.Ring{newRing(t, members(before), nil), newRing(t, members(before), nil)}
		x := &crowd{t: t, count: coatcheck.NewKey[int]("count")}
		for i, r := range rings {
			m, err := coatcheck.New(r, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			x.sites[i] = m
		}
		x.admit(2000)
		done := make(chan struct{})
		var clients sync.WaitGroup
		for range 32 {
			clients.Go(func() { x.visit(done) })
		}
		change := func(weights map[string]float64, early, late int) {
			time.Sleep(2 * time.Second)
			for _, i := range []int{early, late} {
				if err := rings[i].SetMembers(members(weights)); err != nil {
					t.Error(err)
				}
				if i == early {
					// A pass before all know: what they make goes to old homes.
					x.rebalance(rings[early])
					time.Sleep(3 * time.Second)
					x.passBy(x.sites[late], 200)
				}
			}
			if p := x.rebalance(rings[late]); p.Moved == 0 {
				t.Error("nothing was left to move")
			}
			x.rebalance(rings[early])
			for _, i := range []int{early, late} {
				if err := rings[i].Conclude(); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}
		change(map[string]float64{"a": 15, "b": 20, "c": 10, "d": 10}, 0, 1)
		change(after, 1, 0)
		close(done)
		clients.Wait()
		x.check()
	})
}

func (x *crowd) rebalance(r *ring.Ring) ring.Progress {
	p, err := r.Rebalance(context.Background(), &ring.RebalanceOptions{PerSecond: 2000})
	if err != nil {
		x.t.Error(err)
	}
	return p
}

// admit begins sessions.
func (x *crowd) admit(n int) {
	for i := range n {
		v := &visitor{owner: fmt.Sprint("owner ", i)}
		s, err := x.sites[i%2].Open(context.Background(), "")
		if err == nil {
			err = s.Login(context.Background(), v.owner)
		}
		if err != nil {
			x.t.Fatal(err)
		}
		v.token = s.Token()
		x.visitors = append(x.visitors, v)
	}
}

// passBy begins sessions that nobody comes back to. About one in five of those
// that are made at the homes of before belongs elsewhere.
func (x *crowd) passBy(m *coatcheck.Manager, n int) {
	for range n {
		s, err := m.Open(context.Background(), "")
		if err == nil {
			err = s.Login(context.Background(), "passer-by")
		}
		if err != nil {
			x.t.Error(err)
		}
	}
}

// visit acts for one visitor after the other until done.
func (x *crowd) visit(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(rand.N(120 * time.Millisecond)):
		}
		v := x.visitors[rand.IntN(len(x.visitors))]
		if rand.IntN(3) == 0 {
			v = x.visitors[rand.IntN(10)] // some are much in demand
		}
		if err := x.act(v); err != nil {
			x.t.Errorf("%s: %v", v.owner, err)
			return
		}
	}
}

// act is one request of a visitor.
func (x *crowd) act(v *visitor) error {
	ctx := context.Background()
	token, _ := v.now()
	_, dead := x.dead.Load(token)
	s, err := x.sites[rand.IntN(2)].Open(ctx, token)
	switch {
	case err != nil:
		return fmt.Errorf("Open: %w", err)
	case dead && s.Owner() != "":
		return errors.New("an ended session was found")
	case s.Owner() == "" && !v.knows(token):
		return nil // renewed or ended meanwhile
	case s.Owner() != v.owner:
		return fmt.Errorf("logged out: the owner is %q", s.Owner())
	}
	over := false
	switch n := rand.IntN(100); {
	case n < 60:
		x.count.Update(s, func(n int) int { return n + 1 })
		if err = s.Save(ctx); err == nil {
			v.counted.Add(1)
		}
	case n < 90:
		err = s.Touch(ctx)
	case n < 98:
		err, over = v.renew(s), true
	default:
		v.ends()
		err, over = s.Destroy(ctx), true
	}
	switch {
	case err == nil && over:
		x.dead.Store(token, true)
	case errors.Is(err, coatcheck.ErrGone) && !v.knows(token):
		return nil
	}
	return err
}

// check looks at all visitors and all dead tokens through both processes.
func (x *crowd) check() {
	ctx := context.Background()
	var live, updates, dead int
	for _, m := range x.sites {
		for _, v := range x.visitors {
			token, ended := v.now()
			s, err := m.Open(ctx, token)
			switch {
			case err != nil:
				x.t.Errorf("%s: %v", v.owner, err)
			case ended:
			case s.Owner() != v.owner:
				x.t.Errorf("%s is logged out", v.owner)
			case int64(x.count.Get(s)) != v.counted.Load():
				x.t.Errorf("%s: %d updates, want %d", v.owner, x.count.Get(s), v.counted.Load())
			default:
				live++
				updates += x.count.Get(s)
			}
		}
		x.dead.Range(func(token, _ any) bool {
			dead++
			if s, err := m.Open(ctx, token.(coatcheck.Token)); err != nil || s.Owner() != "" {
				x.t.Errorf("a dead token opens %q, %v", s.Owner(), err)
			}
			return true
		})
	}
	if updates < 2000 || dead < 200 {
		x.t.Errorf("too little happened: %d live, %d updates, %d dead tokens", live/2, updates/2, dead/2)
	}
}
