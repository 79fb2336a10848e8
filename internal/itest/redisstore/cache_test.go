//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/storetest"
)

// cached opens a store with a local cache.
func cached(t testing.TB, url string, age time.Duration) *redisstore.Store {
	return open(t, url, &redisstore.Options{CacheSize: 10_000, CacheAge: age})
}

// reads counts the HMGETs of clients at a relay.
func (r *relay) reads() int { return r.count("HMGET") }

// TestContractWithCache: through one store with a cache, the contract holds.
// What a peer does is seen a moment later, so there is none.
func TestContractWithCache(t *testing.T) {
	urls := map[string]string{"one": singleURL(one.Addr)}
	if torture() {
		urls["cluster"] = clusterURL(three.Addrs())
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			storetest.Suite{OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
				return open(t, url, &redisstore.Options{Now: now, CacheSize: 500})
			}}.Run(t)
		})
	}
}

// TestCacheReadsWithoutRoundTrip: a session that was read is read again without
// a command, until somebody changes it.
func TestCacheReadsWithoutRoundTrip(t *testing.T) {
	r := newRelay(t, one.Addr)
	s, other := cached(t, singleURL(r.addr), time.Hour), open(t, singleURL(one.Addr), nil)
	rec := stored(t, other, newRecord("ann"))
	holds(t, s, rec)
	before := r.reads()
	for range 100 {
		holds(t, s, rec)
	}
	if n := r.reads() - before; n != 0 {
		t.Errorf("100 reads of a kept session are %d commands", n)
	}
	after := next(rec)
	must(t, other.Replace(t.Context(), after, rec.Version))
	eventually(t, "the change is seen", func() error {
		got, err := s.Load(t.Context(), rec.ID)
		if err == nil && got.Version != after.Version {
			err = errors.New("the old version")
		}
		return err
	})
	must(t, other.Delete(t.Context(), rec.ID))
	eventually(t, "the end is seen", func() error {
		_, err := s.Load(t.Context(), rec.ID)
		if errors.Is(err, coatcheck.ErrNotFound) {
			return nil
		}
		return errors.New("it is still there")
	})
}

// TestCacheShowsOwnChanges: what one's own store has changed is seen at once,
// even when the news of it never arrives.
func TestCacheShowsOwnChanges(t *testing.T) {
	r := newRelay(t, one.Addr)
	r.mute(true)
	s := cached(t, singleURL(r.addr), time.Hour)
	rec := stored(t, s, newRecord("ann"))
	for range 200 {
		holds(t, s, rec)
		after := next(rec)
		must(t, s.Replace(t.Context(), after, rec.Version))
		holds(t, s, after)
		rec = after
	}
	must(t, s.Touch(t.Context(), rec.ID, rec.Deadline))
	if got, err := s.Load(t.Context(), rec.ID); err != nil || !got.Expires.Equal(rec.Deadline) {
		t.Errorf("Load after Touch: %v, %v", got, err)
	}
	must(t, s.Delete(t.Context(), rec.ID))
	if _, err := s.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("Load after Delete: %v", err)
	}
}

// TestCacheIsDroppedWithItsConnection: when the connection is lost, nothing is
// read that was kept.
func TestCacheIsDroppedWithItsConnection(t *testing.T) {
	r := newRelay(t, one.Addr)
	s := cached(t, singleURL(r.addr), time.Hour)
	rec := stored(t, s, newRecord("ann"))
	holds(t, s, rec)
	before := r.reads()
	r.cut()
	eventually(t, "the session is read anew", func() error {
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			return err
		}
		if r.reads() == before {
			return errors.New("no command was sent")
		}
		return nil
	})
	// While the server is away, what was kept is of no use.
	r.on(func(cmd []string) fate {
		if strings.EqualFold(cmd[0], "HMGET") {
			return fate{answer: "-LOADING"}
		}
		return fate{}
	})
	r.cut()
	eventually(t, "a read fails", func() error {
		err := within(t, 100*time.Millisecond, func(ctx context.Context) error { _, err := s.Load(ctx, rec.ID); return err })
		if err == nil {
			return errors.New("it was served from the cache")
		}
		return nil
	})
}

// TestCacheAgeBoundsStaleness: when the news of a change does not arrive and
// nobody knows it, a session is shown as it was until CacheAge after it was
// read, and no longer.
func TestCacheAgeBoundsStaleness(t *testing.T) {
	const age = 400 * time.Millisecond
	r := newRelay(t, one.Addr)
	r.mute(true)
	s, other := cached(t, singleURL(r.addr), age), open(t, singleURL(one.Addr), nil)
	rec := stored(t, other, newRecord("ann"))
	start := time.Now()
	holds(t, s, rec)
	asked := time.Now()
	must(t, other.Delete(t.Context(), rec.ID))
	if _, err := s.Load(t.Context(), rec.ID); err != nil && time.Since(start) < age {
		t.Errorf("the news has arrived: %v", err) // then this test shows nothing
	}
	eventually(t, "the end is seen", func() error {
		before := time.Now()
		_, err := s.Load(t.Context(), rec.ID)
		if errors.Is(err, coatcheck.ErrNotFound) {
			return nil
		}
		if before.Sub(asked) > age {
			t.Fatalf("a session that was ended is served %v after it was read", before.Sub(asked))
		}
		return errors.New("it is still there")
	})
}

// TestCacheIsBounded: the cache keeps no more than it is told to.
func TestCacheIsBounded(t *testing.T) {
	r := newRelay(t, one.Addr)
	s := open(t, singleURL(r.addr), &redisstore.Options{CacheSize: 64})
	recs := make([]*coatcheck.Record, 1000)
	for i := range recs {
		recs[i] = stored(t, s, newRecord(""))
		holds(t, s, recs[i])
	}
	before := r.reads()
	for _, rec := range recs {
		holds(t, s, rec)
	}
	if n := r.reads() - before; n < len(recs)-64 {
		t.Errorf("%d of %d sessions were kept, at most 64 may be", len(recs)-n, len(recs))
	}
}
