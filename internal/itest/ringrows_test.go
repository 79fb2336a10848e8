//go:build unix

package itest_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/storetest"
)

// A ringTarget is a ring with the stores that were opened for it.
type ringTarget struct {
	*ring.Ring
	stores []coatcheck.Store
}

// Close closes all.
func (r ringTarget) Close() error { return errors.Join(r.Ring.Close(), closeAll(r.stores)) }

func closeAll(stores []coatcheck.Store) (err error) {
	for _, s := range stores {
		if c, ok := s.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}

// An opening opens a store of its own for a folder.
type opening func(dir string, now func() time.Time) (coatcheck.Store, error)

// openRing opens a ring over a store of each kind, of weights 15, 20, 25 …
func openRing(dir string, now func() time.Time, kinds ...opening) (coatcheck.Store, error) {
	var x ringTarget
	var members []ring.Member
	for i, open := range kinds {
		name := fmt.Sprintf("member-%d", i)
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, errors.Join(err, closeAll(x.stores))
		}
		s, err := open(folder, now)
		if err != nil {
			return nil, errors.Join(err, closeAll(x.stores))
		}
		x.stores = append(x.stores, s)
		members = append(members, ring.Member{Name: name, Store: s, Weight: float64(15 + 5*i)})
	}
	var err error
	x.Ring, err = ring.New(members, &ring.Options{Now: now, MemberTimeout: time.Minute}) // the machine may be busy
	return x, err
}

// sharedRedisFarm are three servers of this process, which end with it.
var sharedRedisFarm = sync.OnceValues(func() (farm [3]*servers.Server, err error) {
	for i := range farm {
		if farm[i], err = servers.Redis(nil); err != nil {
			return farm, err
		}
	}
	return farm, nil
})

func openRingOfRedis(dir string, now func() time.Time) (coatcheck.Store, error) {
	farm, err := sharedRedisFarm()
	if err != nil {
		return nil, err
	}
	var kinds []opening
	for _, server := range farm {
		kinds = append(kinds, func(dir string, now func() time.Time) (coatcheck.Store, error) {
			return openRedisAt("redis://:"+servers.Password+"@"+server.Addr, dir, now)
		})
	}
	return openRing(dir, now, kinds...)
}

func openMixedRing(dir string, now func() time.Time) (coatcheck.Store, error) {
	return openRing(dir, now, openSQLite, openRedis, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return openHash(dir, hashstore.Options{Now: now})
	})
}

// TestContractOnRings: the contract, with another ring over other clients of the
// same servers and files beside it, as another process would have.
func TestContractOnRings(t *testing.T) {
	for name, open := range map[string]opening{"redis": openRingOfRedis, "mixed": openMixedRing} {
		t.Run(name, func(t *testing.T) {
			dir := scratch(t)
			opened := func(t *testing.T, now func() time.Time) coatcheck.Store {
				t.Helper()
				store, err := open(dir, now)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { store.(ringTarget).Close() })
				return store
			}
			storetest.Suite{
				OpenAt: opened,
				Peer:   func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return opened(t, time.Now) },
			}.Run(t)
		})
	}
}
