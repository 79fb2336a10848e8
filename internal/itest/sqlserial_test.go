package itest_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestPostgresSerializable: where every statement is a serializable transaction,
// those that the server undoes for it are repeated, and nobody hears of them.
func TestPostgresSerializable(t *testing.T) {
	db := database(t, "postgres")
	addr, err := sharedPostgres.address()
	must(t, err)
	db.DB, err = openDB("pgx", servers.PostgresURL(addr)+"&default_transaction_isolation=serializable")
	must(t, err)
	defer db.Close()
	s := db.store(t, sqlstore.Options{})
	rec := sqlRecord(1, time.Now())
	must(t, s.Create(t.Context(), rec))
	won := map[uint64]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			cur := rec
			for i := range 50 {
				next := *cur
				next.Version = uint64(n+1)<<32 | uint64(i)
				err := s.Replace(t.Context(), &next, cur.Version)
				switch {
				case err == nil:
					mu.Lock()
					won[cur.Version]++
					mu.Unlock()
				case !errors.Is(err, coatcheck.ErrConflict):
					t.Errorf("Replace: %v", err)
					return
				}
				if err := s.Touch(t.Context(), rec.ID, time.Now().Add(time.Hour)); err != nil {
					t.Errorf("Touch: %v", err)
					return
				}
				if cur, err = s.Load(t.Context(), rec.ID); err != nil {
					t.Errorf("Load: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	for version, n := range won {
		if n != 1 {
			t.Errorf("version %x was replaced %d times", version, n)
		}
	}
}
