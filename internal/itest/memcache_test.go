package itest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/memcachestore"
	"github.com/coatcheck/coatcheck/storetest"
)

// memcachedFarm are three servers that run as long as this process.
var memcachedFarm = sync.OnceValues(func() (farm []memcachestore.Server, err error) {
	for weight := range 3 {
		s, err := servers.Memcached(nil)
		if err != nil {
			return nil, err
		}
		farm = append(farm, memcachestore.Server{Addr: s.Addr, Weight: weight + 1})
	}
	return farm, nil
})

// openMemcached opens a store on the farm, with keys of its own.
func openMemcached(prefix string, now func() time.Time) (*memcachestore.Store, error) {
	farm, err := memcachedFarm()
	if err != nil {
		return nil, err
	}
	return memcachestore.Open(farm, &memcachestore.Options{Prefix: prefix, Timeout: 10 * time.Second, Now: now})
}

func TestContractOnMemcached(t *testing.T) {
	open := func(t *testing.T, now func() time.Time) coatcheck.Store {
		store, err := openMemcached("contract:", now)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	storetest.Suite{
		OpenAt:  open,
		Peer:    func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return open(t, nil) },
		MaxData: 1<<20 - 8<<10, // its items may have 1 MiB in all
		Corrupt: func(t *testing.T, store coatcheck.Store, id coatcheck.ID) {
			client := memcachedClient(t)
			it, err := client.Get("contract:" + id.String())
			if err == nil {
				it.Value[len(it.Value)-1] ^= 1
				err = client.Set(it)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	}.Run(t)
}

// memcachedClient returns a client of the farm as somebody else would make it.
func memcachedClient(t *testing.T) *memcache.Client {
	t.Helper()
	farm, err := memcachedFarm()
	if err != nil {
		t.Fatal(err)
	}
	store, err := memcachestore.NewSelector(farm, nil)
	if err != nil {
		t.Fatal(err)
	}
	return memcache.NewFromSelector(store)
}

// A timeout of more than thirty days is what it says: memcached takes a smaller
// number for a time from now, and a larger one for a date.
func TestMemcachedKeepsSessionsForMonths(t *testing.T) {
	store, err := openMemcached("months:", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, life := range []time.Duration{time.Minute, 30 * 24 * time.Hour, 31 * 24 * time.Hour, 400 * 24 * time.Hour, 30 * 365 * 24 * time.Hour} {
		rec := lasting(life)
		if err := store.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("a session of %v: %v", life, err)
		}
	}
}

// lasting returns a record that lives for so long.
func lasting(life time.Duration) *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return &coatcheck.Record{ID: coatcheck.ID{1, byte(life.Hours()), byte(life.Hours() / 256)}, Data: []byte("{}"), Meta: []byte{1}, Version: 1,
		Created: now, Expires: now.Add(life), Deadline: now.Add(life)}
}

func TestMemcachedSaysThatARecordIsTooLarge(t *testing.T) {
	farm, err := memcachedFarm()
	if err != nil {
		t.Fatal(err)
	}
	store, err := memcachestore.Open(farm, &memcachestore.Options{Prefix: "large:", MaxValue: 4 << 20, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	small, large := lasting(time.Hour), lasting(time.Hour)
	if err := store.Create(t.Context(), small); err != nil {
		t.Fatal(err)
	}
	large.Data, large.Version = make([]byte, 1<<20), 2
	err = store.Replace(t.Context(), large, small.Version)
	if !errors.Is(err, coatcheck.ErrTooLarge) || !strings.Contains(err.Error(), "-I") {
		t.Errorf("%v, want ErrTooLarge that names memcached's limit", err)
	}
	if rec, err := store.Load(t.Context(), small.ID); err != nil || rec.Version != small.Version {
		t.Errorf("the record before: %v, %v", rec, err)
	}
}

// onMemcached starts a server of a test's own, and opens a store on it.
func onMemcached(t *testing.T, o *servers.Options) (*servers.Server, *memcachestore.Store) {
	t.Helper()
	s, err := servers.Memcached(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	store, err := memcachestore.Open([]memcachestore.Server{{Addr: s.Addr}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

// A server that is restarted has lost its sessions, and costs no call more than
// that; one that does not answer is an error when the context ends.
func TestMemcachedServerThatDiesAndComesBack(t *testing.T) {
	s, store := onMemcached(t, nil)
	rec := lasting(time.Hour)
	var wg sync.WaitGroup
	for range 8 { // so that there are connections which will be dead
		wg.Go(func() { _, _ = store.Load(t.Context(), rec.ID) })
	}
	wg.Wait()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), rec.ID); err == nil || errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("Load while the server is down: %v", err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("Load after the restart: %v, want ErrNotFound", err)
	}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Errorf("Create after the restart: %v", err)
	}

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Load(ctx, rec.ID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load of a server that hangs: %v", err)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), rec.ID); err != nil {
		t.Errorf("Load when the server goes on: %v", err)
	}
}

// A server that was told not to compare and swap says so at the first read, and
// not by changes that fail when their time is up.
func TestMemcachedWithoutCompareAndSwapIsRefused(t *testing.T) {
	_, store := onMemcached(t, &servers.Options{Args: []string{"-C"}})
	rec := lasting(time.Hour)
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := store.Load(ctx, rec.ID)
	for what, err := range map[string]error{"Load": err, "Replace": store.Replace(ctx, rec, rec.Version), "Touch": store.Touch(ctx, rec.ID, rec.Expires)} {
		if !errors.Is(err, coatcheck.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
}

func TestMemcachedOptions(t *testing.T) {
	one := []memcachestore.Server{{Addr: "127.0.0.1:11211"}}
	for name, open := range map[string]func() error{
		"no servers": func() error { _, err := memcachestore.Open(nil, nil); return err },
		"no port": func() error {
			_, err := memcachestore.Open([]memcachestore.Server{{Addr: "localhost"}}, nil)
			return err
		},
		"no address":     func() error { _, err := memcachestore.Open([]memcachestore.Server{{}}, nil); return err },
		"a server twice": func() error { _, err := memcachestore.Open(append(one, one...), nil); return err },
		"negative weight": func() error {
			_, err := memcachestore.Open([]memcachestore.Server{{Addr: "a:1", Weight: -1}}, nil)
			return err
		},
		"a bad prefix":  func() error { _, err := memcachestore.Open(one, &memcachestore.Options{Prefix: "a b"}); return err },
		"no client":     func() error { _, err := memcachestore.New(nil, nil); return err },
		"a small value": func() error { _, err := memcachestore.Open(one, &memcachestore.Options{MaxValue: 1}); return err },
	} {
		if err := open(); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

// The farm is shared about as its weights say, by names that stay.
func TestMemcachedFarmIsSharedByWeight(t *testing.T) {
	var farm []memcachestore.Server
	for n := range 3 {
		farm = append(farm, memcachestore.Server{Addr: fmt.Sprintf("10.0.0.%d:11211", n+1), Weight: n + 1})
	}
	selector, err := memcachestore.NewSelector(farm, nil)
	if err != nil {
		t.Fatal(err)
	}
	const keys = 60_000
	share := map[string]int{}
	for n := range keys {
		a, err := selector.PickServer(fmt.Sprint("key ", n))
		if err != nil {
			t.Fatal(err)
		}
		share[a.String()]++
	}
	for _, s := range farm {
		got, want := share[s.Addr], keys*s.Weight/6
		t.Logf("weight %d: %d keys, %d by weight", s.Weight, got, want)
		if got < want*3/4 || got > want*5/4 {
			t.Errorf("weight %d: %d keys, want about %d", s.Weight, got, want)
		}
	}
}
