package transfer_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// A crowd are the users of FROM: they begin, change, keep alive, renew and end
// sessions.
type crowd struct {
	t     *testing.T
	store coatcheck.Store
	live  []*coatcheck.Record
	dead  map[coatcheck.ID]bool // those that were ended, or that a stub stands for
}

func newCrowd(t *testing.T, store coatcheck.Store, n int) *crowd {
	return &crowd{t: t, store: store, live: fill(t, store, n), dead: map[coatcheck.ID]bool{}}
}

// act does one thing.
func (c *crowd) act() {
	ctx := context.Background()
	switch i := rand.IntN(len(c.live)); rand.IntN(6) {
	case 0:
		c.live = append(c.live, fill(c.t, c.store, 1)...)
	case 1:
		must(c.t, c.store.Touch(ctx, c.live[i].ID, c.live[i].Expires.Add(time.Duration(rand.IntN(900))*time.Second)))
	case 2: // renewed: the next one first, then the stub in the place of the old one
		c.live = append(c.live, fill(c.t, c.store, 1)...)
		must(c.t, c.store.Replace(ctx, stubbed(c.live[i]), c.live[i].Version))
		c.strike(i)
	case 3:
		must(c.t, c.store.Delete(ctx, c.live[i].ID))
		c.strike(i)
	default:
		next := changed(c.live[i])
		must(c.t, c.store.Replace(ctx, next, c.live[i].Version))
		c.live[i] = next
	}
}

// strike takes a session out of those that live.
func (c *crowd) strike(i int) {
	c.dead[c.live[i].ID] = true
	c.live[i] = c.live[len(c.live)-1]
	c.live = c.live[:len(c.live)-1]
}

// work acts until the returned function is called, which waits for the last
// deed.
func (c *crowd) work() (stop func()) {
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(rand.IntN(200)) * time.Microsecond):
				c.act()
			}
		}
	})
	return func() { close(done); all.Wait() }
}

// buried fails if a session lives in TO that was ended in FROM.
func (c *crowd) buried(to coatcheck.Store) {
	for id, rec := range contents(c.t, to) {
		if c.dead[id] && len(rec.Data) > 0 {
			c.t.Errorf("session %s was ended in FROM and lives in TO: %+v", id.Short(), rec)
		}
	}
}

// While FROM is in use, a copy brings over all but the last moment; when FROM
// has come to rest, TO has what FROM has, and nothing that was ended there.
func TestCopyOfStoreInUse(t *testing.T) {
	for name, from := range map[string]coatcheck.Store{"memory": inMemory(), "file": inFile(t)} {
		t.Run(name, func(t *testing.T) {
			to := inMemory()
			users := newCrowd(t, from, 500)
			stop := users.work()
			c := between(t, from, to)
			c.Passes, c.Batch = 5, 100
			res := run(t, c)
			stop()
			if res.Mismatched+res.Absent+res.Kept+res.Gone+res.Refused != 0 {
				t.Errorf("while FROM is in use the result is %+v", res)
			}
			whole(t, c)
			equal(t, from, to)
			users.buried(to)
		})
	}
}

// A copy may be cut short wherever that may be, TO may give no answer, do things
// late or not at all: in the end it has what FROM has.
func TestCopyThroughFaults(t *testing.T) {
	for range 10 {
		from, to := inMemory(), &faulty{Store: inMemory()}
		users := newCrowd(t, from, 150)
		c := between(t, from, to)
		c.Patience = time.Minute
		for range 6 {
			for range rand.IntN(40) {
				users.act()
			}
			to.odds, to.with, to.left = 0.02, coatcheck.ErrClosed, rand.IntN(150)
			if _, err := c.Run(t.Context()); err != nil && !errors.Is(err, coatcheck.ErrClosed) {
				t.Fatal(err)
			}
			to.catchUp()
		}
		to.odds, to.with = 0, nil
		whole(t, c)
		equal(t, from, to.Store)
		users.buried(to)
		if t.Failed() {
			break
		}
	}
}

// A copy of a FROM that changes in every pass says that it did not settle. What
// TO's users end afterwards is no fault of it.
func TestRestlessFrom(t *testing.T) {
	from, to := inMemory(), inMemory()
	users := newCrowd(t, from, 20)
	c := between(t, from, to)
	c.Passes = 3
	c.Progress = func(transfer.Progress) { users.act() }
	if res := run(t, c); res.Settled || res.Whole() || res.Passes != 3 {
		t.Errorf("the result is %+v", res)
	}
	c.Progress = nil
	whole(t, c)
	equal(t, from, to)
	must(t, to.Delete(t.Context(), users.live[0].ID))
	if res := whole(t, c); res.Absent != 1 || !res.Again {
		t.Errorf("the result is %+v", res)
	}
}
