package itest_test

import (
	"context"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storetest"
)

// sqlOpeners are the stores of package sqlstore.
var sqlOpeners = map[string]func(dir string, now func() time.Time) (coatcheck.Store, error){
	"sqlite":   openSQLite,
	"postgres": openPostgres,
	"mariadb":  openMariaDB,
}

// TestSQLContract: on each database the store keeps every word of the contract,
// between two processes' views of one table.
func TestSQLContract(t *testing.T) {
	for name, open := range sqlOpeners {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			opened := func(t *testing.T, now func() time.Time) coatcheck.Store {
				t.Helper()
				store, err := open(dir, now)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { store.(sqlTarget).Close() })
				return store
			}
			storetest.Suite{
				OpenAt: opened,
				Peer:   func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return opened(t, time.Now) },
				Corrupt: func(t *testing.T, store coatcheck.Store, id coatcheck.ID) {
					s := store.(sqlTarget)
					mark := map[string]string{"sqlite": "?", "postgres": "$1", "mariadb": "?"}[name]
					table := tableOf(dir)
					if _, err := s.db.ExecContext(context.Background(), "UPDATE "+table+" SET head = data WHERE id = "+mark, id[:]); err != nil {
						t.Fatal(err)
					}
				},
			}.Run(t)
		})
	}
}
