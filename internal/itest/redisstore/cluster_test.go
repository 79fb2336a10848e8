//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// primaries returns the primaries of the cluster that the tests share.
func primaries(t *testing.T) []*servers.Server {
	t.Helper()
	p, err := three.Primaries()
	if err != nil || len(p) != 3 {
		t.Fatalf("%d primaries, %v", len(p), err)
	}
	return p
}

// TestClusterSpreads: the sessions of one owner are on all primaries.
func TestClusterSpreads(t *testing.T) {
	s := open(t, clusterURL(three.Nodes[0].Addr), nil)
	for range 60 {
		stored(t, s, newRecord("spread"))
	}
	for _, p := range primaries(t) {
		if n, err := servers.RedisCLI(p.Addr, "dbsize"); err != nil || n == "0" {
			t.Errorf("%s has %s keys, %v", p.Addr, n, err)
		}
	}
}

// TestSlotsMoveUnderLoad: while slots move from server to server, no call
// fails, no change is lost, and no listing misses a session.
func TestSlotsMoveUnderLoad(t *testing.T) {
	s := open(t, clusterURL(three.Addrs()), nil)
	stay := make([]*coatcheck.Record, 200)
	for i := range stay {
		stay[i] = stored(t, s, newRecord("stays"))
	}
	p := primaries(t)
	slots := scale(300, 1500)
	moved := make(chan error, 1)
	claims := duringWork(t, s, 10*time.Second, func(done *atomic.Int64) {
		progress(t, done, 20)
		go func() {
			err := three.MoveSlots(p[0], p[1], slots)
			if err == nil {
				err = three.MoveSlots(p[1], p[0], slots)
			}
			moved <- err
		}()
		for listings := 0; ; listings++ {
			select {
			case err := <-moved:
				must(t, err)
				t.Logf("%d listings", listings)
				return
			default:
				listsOnce(t, s, stay)
			}
		}
	})
	checkClaims(t, s, claims)
	for _, rec := range stay {
		holds(t, s, rec)
	}
	must(t, three.Settle(three.Nodes...))
	for _, c := range claims {
		if c.unknown && c.err != errStopped {
			t.Errorf("a change failed: %v", c.err)
		}
	}
}

// listsOnce checks that a listing has each of recs once.
func listsOnce(t *testing.T, s coatcheck.Lister, recs []*coatcheck.Record) {
	t.Helper()
	times := map[coatcheck.ID]int{}
	for cursor := ""; ; {
		page, next, err := s.List(t.Context(), cursor, 100)
		must(t, err)
		for _, rec := range page {
			times[rec.ID]++
		}
		if cursor = next; next == "" {
			break
		}
	}
	for _, rec := range recs {
		if n := times[rec.ID]; n != 1 {
			t.Fatalf("a session is listed %d times", n)
		}
	}
}

// TestListingNeedsNoReplica: a replica that hangs holds no listing up.
func TestListingNeedsNoReplica(t *testing.T) {
	s := open(t, clusterURL(primaries(t)[0].Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	listsOnce(t, s, []*coatcheck.Record{rec})
	for _, n := range three.Nodes {
		if !slices.Contains(primaries(t), n) {
			must(t, n.Pause())
			defer n.Resume()
			break
		}
	}
	start := time.Now()
	listsOnce(t, s, []*coatcheck.Record{rec})
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the listing took %v", took)
	}
}

// TestClusterFailover: when a primary dies or hangs, calls for its sessions
// fail within their contexts and the others go on; when its replica has been
// promoted, all is as it was.
func TestClusterFailover(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) { failsOver(t, signal) })
	}
}

func failsOver(t *testing.T, signal syscall.Signal) {
	s := open(t, clusterURL(three.Addrs()), nil)
	recs := make([]*coatcheck.Record, 100)
	for i := range recs {
		recs[i] = stored(t, s, newRecord("ann"))
	}
	old := primaries(t)
	victim := old[0]
	_, err := servers.RedisCLI(victim.Addr, "wait", "1", "5000")
	must(t, err)
	if signal == syscall.SIGKILL {
		must(t, victim.Kill())
	} else {
		must(t, victim.Pause())
	}
	for i := range recs {
		after := next(recs[i])
		eventually(t, "the session can be changed", func() error {
			return within(t, 2*time.Second, func(ctx context.Context) error {
				err := s.Replace(ctx, after, recs[i].Version)
				if errors.Is(err, coatcheck.ErrNotFound) {
					t.Fatal("a session is gone that the replica had")
				}
				if errors.Is(err, coatcheck.ErrConflict) { // an attempt whose outcome was unknown
					got, lerr := s.Load(ctx, after.ID)
					if lerr == nil && got.Version == after.Version {
						err = nil
					}
				}
				return err
			})
		})
		holds(t, s, after)
		recs[i] = after
	}
	listsOnce(t, s, recs)
	if signal == syscall.SIGKILL {
		must(t, victim.Start())
	} else {
		must(t, victim.Resume())
	}
	eventually(t, "the old primary follows the new one", func() error {
		role, err := servers.RedisCLI(victim.Addr, "role")
		if err == nil && role[:5] != "slave" {
			err = fmt.Errorf("it is a %s", role[:6])
		}
		return err
	})
	must(t, three.Settle(three.Nodes...))
	if slices.Contains(primaries(t), victim) {
		t.Error("the victim is a primary again")
	}
	for _, rec := range recs {
		holds(t, s, rec)
	}
}
