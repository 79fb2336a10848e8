package itest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// How long a call of the load may take, and how much later it may say that it
// took too long: the machine is busy.
const (
	loadTimeout = 400 * time.Millisecond
	loadGrace   = 3 * time.Second
)

// A load is clients that change sessions of their own, and know which of their
// changes were acknowledged.
type load struct {
	t       *testing.T
	store   *sqlstore.Store
	stop    chan struct{}
	clients sync.WaitGroup

	acked, unknown, tries atomic.Int64
	round                 atomic.Int64 // of faults
	healed                [loadClients]atomic.Int64
}

const loadClients = 4

// startLoad starts the clients.
func startLoad(t *testing.T, store *sqlstore.Store) *load {
	l := &load{t: t, store: store, stop: make(chan struct{})}
	for n := range loadClients {
		c := &loadClient{load: l, n: n, rec: sqlRecord(n, time.Now())}
		must(t, store.Create(t.Context(), c.rec))
		l.clients.Go(c.run)
	}
	return l
}

// end stops the clients, and has them look a last time.
func (l *load) end() {
	l.t.Helper()
	close(l.stop)
	l.clients.Wait()
	l.t.Logf("%d changes were acknowledged and are there, of %d the outcome was unknown", l.acked.Load(), l.unknown.Load())
}

// recovers waits until each client has had a change acknowledged that it began
// after now.
func (l *load) recovers(what string) {
	l.t.Helper()
	round := l.round.Add(1)
	for n := range l.healed {
		for end := time.Now().Add(30 * time.Second); l.healed[n].Load() < round; <-time.After(time.Millisecond) {
			if l.t.Failed() {
				l.t.FailNow()
			}
			if time.Now().After(end) {
				l.t.Fatalf("after %s client %d does not recover", what, n)
			}
		}
	}
}

// suffers waits until something has happened n times, or for the time that a
// fault may last.
func (l *load) suffers(n int64, longest time.Duration) {
	from := l.tries.Load()
	for end := time.Now().Add(longest); l.tries.Load() < from+n && time.Now().Before(end); {
		<-time.After(time.Millisecond)
	}
}

// A loadClient changes one session.
type loadClient struct {
	*load
	n     int
	rec   *coatcheck.Record   // the last that was acknowledged or seen
	doubt map[uint64]struct{} // versions that may stand on it
}

func (c *loadClient) run() {
	for i := uint64(1); !c.t.Failed(); i++ {
		select {
		case <-c.stop:
			c.check(true)
			return
		default:
		}
		c.change(i)
	}
}

// within makes a call that must end in time, and returns its error.
func (c *loadClient) within(name string, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(background, loadTimeout)
	defer cancel()
	began := time.Now()
	err := call(ctx)
	c.tries.Add(1)
	if d := time.Since(began); d > loadTimeout+loadGrace {
		c.t.Errorf("%s took %v of %v", name, d, loadTimeout)
	}
	return err
}

// change makes a change that no other can be taken for.
func (c *loadClient) change(i uint64) {
	round := c.round.Load()
	next := *c.rec
	next.Version = uint64(c.n+1)<<48 | i<<1
	next.Data = fmt.Appendf(nil, `{"version":%d}`, next.Version)
	err := c.within("Replace", func(ctx context.Context) error { return c.store.Replace(ctx, &next, c.rec.Version) })
	switch {
	case err == nil:
		c.rec, c.doubt = &next, nil
		c.acked.Add(1)
		c.healed[c.n].Store(round)
		return
	case errors.Is(err, coatcheck.ErrNotFound), errors.Is(err, coatcheck.ErrConflict) && c.doubt == nil:
		c.t.Errorf("client %d: Replace of a session that nobody else writes: %v", c.n, err)
		return
	case !errors.Is(err, coatcheck.ErrConflict):
		c.unknown.Add(1)
		if c.doubt == nil {
			c.doubt = map[uint64]struct{}{}
		}
		c.doubt[next.Version] = struct{}{}
	}
	c.check(false)
}

// check looks which version is stored. It must be the last one acknowledged, or
// one of those in doubt. The last look must succeed.
func (c *loadClient) check(last bool) {
	var got *coatcheck.Record
	err := c.within("Load", func(ctx context.Context) (err error) { got, err = c.store.Load(ctx, c.rec.ID); return err })
	switch {
	case errors.Is(err, coatcheck.ErrNotFound), err != nil && last:
		c.t.Errorf("client %d: Load: %v", c.n, err)
		return
	case err != nil:
		return
	}
	if _, ok := c.doubt[got.Version]; !ok && got.Version != c.rec.Version {
		c.t.Errorf("client %d: version %x is stored, but %x was acknowledged", c.n, got.Version, c.rec.Version)
		return
	}
	if want := fmt.Sprintf(`{"version":%d}`, got.Version); got.Version != uint64(c.n)+1 && string(got.Data) != want {
		c.t.Errorf("client %d: the data is %s, want %s", c.n, got.Data, want)
	}
	if got.Version != c.rec.Version {
		c.rec, c.doubt = got, nil
	}
}
