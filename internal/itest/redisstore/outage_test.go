//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// server starts a server for one test.
func server(t *testing.T, opts *servers.Options) *servers.Server {
	t.Helper()
	s, err := servers.Redis(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failsAll checks that every method fails within its context, and says nothing
// about the session.
func failsAll(t *testing.T, s coatcheck.Store, rec *coatcheck.Record) {
	t.Helper()
	for name, call := range calls {
		err := within(t, 300*time.Millisecond, func(ctx context.Context) error { return call(ctx, s, rec) })
		if err == nil || errors.Is(err, coatcheck.ErrNotFound) || errors.Is(err, coatcheck.ErrExists) || errors.Is(err, coatcheck.ErrConflict) {
			t.Errorf("%s of a store that is down: %v", name, err)
		}
	}
	index := s.(coatcheck.OwnerIndex)
	err := within(t, 300*time.Millisecond, func(ctx context.Context) error { _, _, err := index.Owned(ctx, "ann", "", 10); return err })
	if err == nil {
		t.Error("Owned of a store that is down: no error")
	}
}

// TestServerDownAtStart: a store opens without its server, fails while it is
// down, and works as soon as it is up.
func TestServerDownAtStart(t *testing.T) {
	srv := server(t, nil)
	must(t, srv.Kill())
	s := open(t, singleURL(srv.Addr), nil)
	failsAll(t, s, newRecord("ann"))
	must(t, srv.Start())
	rec := stored(t, s, newRecord("ann"))
	holds(t, s, rec)
}

// TestCallsWaitForServer: a call that begins while the server is down succeeds
// if it comes up within the context.
func TestCallsWaitForServer(t *testing.T) {
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	must(t, srv.Kill())
	// A write on a connection of which nobody knows yet that it is dead may have
	// been done. A read that fails leaves none.
	err := within(t, 100*time.Millisecond, func(ctx context.Context) error { _, err := s.Load(ctx, rec.ID); return err })
	if err == nil {
		t.Fatal("a server answers that was killed")
	}
	done := make(chan error, 2)
	go func() { _, err := s.Load(t.Context(), rec.ID); done <- err }()
	go func() { done <- s.Create(t.Context(), newRecord("ann")) }()
	must(t, srv.Start())
	for range 2 {
		must(t, <-done)
	}
}

// TestStoppedServer: a server that hangs costs each call its context and no
// more; when it goes on, so do the calls.
func TestStoppedServer(t *testing.T) {
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	must(t, srv.Pause())
	defer srv.Resume()
	absent := *rec
	absent.ID[0]++
	failsAll(t, s, &absent)
	failsAll(t, s, &absent)
	must(t, srv.Resume())
	eventually(t, "the store works again", func() error { _, err := s.Load(t.Context(), rec.ID); return err })
	holds(t, s, rec)
	stored(t, s, newRecord("ann"))
}

// A claim is what a client knows of a session that only it writes: the version
// that was acknowledged last, and that of a change whose outcome is unknown.
type claim struct {
	rec     *coatcheck.Record
	unknown bool  // rec may not have been stored, or ended
	err     error // why
	before  *coatcheck.Record
	ended   bool
}

// errStopped is the error of a call that was under way at the end of the work.
var errStopped = errors.New("the work was stopped")

// callTime is how long a call of a client may take, where calls are bound to
// fail.
const callTime = 500 * time.Millisecond

// work creates, changes and ends sessions until ctx is done, and returns what
// it knows of them. It counts those of which it knows all.
func work(t *testing.T, ctx context.Context, s coatcheck.Store, callTime time.Duration, done *atomic.Int64) (claims []*claim) {
	unknown := func(c *claim, call func(ctx context.Context) error) {
		one, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		start := time.Now()
		err := call(one)
		if ctx.Err() != nil {
			err = errStopped
		}
		if took := time.Since(start); took > callTime+2*time.Second {
			t.Errorf("a call took %v, its context ended after %v", took, callTime)
		}
		c.unknown, c.err = err != nil, err
	}
	for ctx.Err() == nil {
		c := &claim{rec: newRecord("ann")}
		claims = append(claims, c)
		unknown(c, func(ctx context.Context) error { return s.Create(ctx, c.rec) })
		for n := 0; n < 5 && !c.unknown; n++ {
			c.before, c.rec = c.rec, next(c.rec)
			unknown(c, func(ctx context.Context) error { return s.Replace(ctx, c.rec, c.before.Version) })
		}
		if !c.unknown && len(claims)%3 == 0 {
			c.ended = true
			unknown(c, func(ctx context.Context) error { return s.Delete(ctx, c.rec.ID) })
		}
		if !c.unknown {
			done.Add(1)
		}
	}
	return claims
}

// check holds a claim against what is stored.
func (c *claim) check(ctx context.Context, s coatcheck.Store) error {
	got, err := s.Load(ctx, c.rec.ID)
	gone := errors.Is(err, coatcheck.ErrNotFound)
	if err != nil && !gone {
		return err
	}
	switch {
	case c.ended && !c.unknown:
		if !gone {
			return errors.New("a session whose end was acknowledged is back")
		}
	case c.ended, c.unknown && c.before == nil:
		// It may be there or not.
	case gone:
		return errors.New("a session that was acknowledged is gone")
	case got.Version == c.rec.Version:
	case c.unknown && got.Version == c.before.Version:
	default:
		return fmt.Errorf("version %d is stored, acknowledged was %d", got.Version, c.rec.Version)
	}
	return nil
}

// workers is the number of clients at work.
const workers = 4

// duringWork has clients at work while f runs, and returns what they know.
// f is given the number of sessions of which all is known so far.
func duringWork(t *testing.T, s coatcheck.Store, callTime time.Duration, f func(done *atomic.Int64)) (claims []*claim) {
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var mu sync.Mutex
	var done atomic.Int64
	for range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			got := work(t, ctx, s, callTime, &done)
			mu.Lock()
			defer mu.Unlock()
			claims = append(claims, got...)
		}()
	}
	f(&done)
	stop()
	all.Wait()
	return claims
}

// progress waits until so many more sessions are done.
func progress(t *testing.T, done *atomic.Int64, more int64) {
	t.Helper()
	goal := done.Load() + more
	eventually(t, "the clients get on", func() error {
		if n := done.Load(); n < goal {
			return fmt.Errorf("%d of %d sessions", n, goal)
		}
		return nil
	})
}

// checkClaims holds all claims against what is stored.
func checkClaims(t *testing.T, s coatcheck.Store, claims []*claim) {
	t.Helper()
	known := 0
	for _, c := range claims {
		if !c.unknown {
			known++
		}
		if err := c.check(t.Context(), s); err != nil {
			t.Errorf("session %s: %v", c.rec.ID.Short(), err)
		}
	}
	t.Logf("%d sessions, of %d the end is known", len(claims), known)
	if known == 0 {
		t.Error("nothing was acknowledged")
	}
}

// TestKilledServerLosesNothing: on a server that writes its log before it
// answers, kill -9 costs no change that was acknowledged, and brings back no
// session that was ended.
func TestKilledServerLosesNothing(t *testing.T) {
	srv := server(t, &servers.Options{Durable: true})
	s := open(t, singleURL(srv.Addr), nil)
	kills := scale(3, 40)
	claims := duringWork(t, s, callTime, func(done *atomic.Int64) {
		for range kills {
			progress(t, done, 20)
			must(t, srv.Kill())
			must(t, srv.Start())
		}
	})
	checkClaims(t, s, claims)
}

// TestDemotedServer: when a server becomes a replica, its store says so within
// the context, and follows when it is a primary again.
func TestDemotedServer(t *testing.T) {
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	_, err := servers.RedisCLI(srv.Addr, "replicaof", "127.0.0.1", "1")
	must(t, err)
	if err := within(t, 300*time.Millisecond, func(ctx context.Context) error { return s.Replace(ctx, next(rec), 1) }); err == nil {
		t.Error("Replace on a replica: no error")
	}
	_, err = servers.RedisCLI(srv.Addr, "replicaof", "no", "one")
	must(t, err)
	must(t, s.Replace(t.Context(), next(rec), 1))
}

// TestDemotedServerIsLeft: a store reconnects when its server has become a
// replica, so that it finds the new primary behind the same name. Its cache goes
// with the connection.
func TestDemotedServerIsLeft(t *testing.T) {
	old, fresh := server(t, nil), server(t, nil)
	network := newRelay(t, old.Addr)
	s := open(t, singleURL(network.addr), &redisstore.Options{CacheSize: 100, CacheAge: time.Hour})
	rec := stored(t, s, newRecord("ann"))
	holds(t, s, rec)
	after := next(rec)
	must(t, open(t, singleURL(fresh.Addr), nil).Create(t.Context(), after))
	host, port, _ := strings.Cut(fresh.Addr, ":")
	_, err := servers.RedisCLI(old.Addr, "replicaof", host, port)
	must(t, err)
	network.lead(fresh.Addr)
	must(t, s.Touch(t.Context(), rec.ID, rec.Deadline))
	holds(t, s, after)
	must(t, s.Replace(t.Context(), next(after), after.Version))
}

// TestSentinelFailover: when the primary dies, the store follows the sentinels
// to the replica.
func TestSentinelFailover(t *testing.T) {
	r, err := servers.StartRedisSentinel()
	must(t, err)
	defer r.Stop()
	s := open(t, "redis-sentinel://:"+servers.Password+"@"+r.Sentinel.Addr+"/"+servers.SentinelMaster, nil)
	rec := stored(t, s, newRecord("ann"))
	_, err = servers.RedisCLI(r.Primary.Addr, "wait", "1", "5000")
	must(t, err)
	must(t, r.Primary.Kill())
	eventually(t, "the replica is promoted", func() error {
		return within(t, 2*time.Second, func(ctx context.Context) error { return s.Touch(ctx, rec.ID, rec.Deadline) })
	})
	holds(t, s, rec)
	must(t, s.Replace(t.Context(), next(rec), 1))
	stored(t, s, newRecord("ann"))
}

// TestGivenClient: a store on the caller's client works, and leaves it open.
func TestGivenClient(t *testing.T) {
	client := newClient(t, one.Addr)
	s, err := redisstore.New(client, &redisstore.Options{Prefix: "given*[]:"})
	must(t, err)
	rec := stored(t, s, newRecord("ann"))
	holds(t, s, rec)
	stored(t, open(t, singleURL(one.Addr), nil), newRecord("bob")) // under another prefix
	recs, _, err := s.List(t.Context(), "", 10)
	if err != nil || len(recs) != 1 || recs[0].ID != rec.ID {
		t.Errorf("List: %d records, %v; want the one under this prefix", len(recs), err)
	}
	must(t, s.Delete(t.Context(), rec.ID))
	must(t, s.Close())
	if _, err := s.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("Load after Close: %v", err)
	}
	must(t, client.Do(t.Context(), client.B().Ping().Build()).Error())
}
