package sqlstore_test

import (
	"database/sql/driver"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestOutgrownStatements: who was about to use a prepared statement that is
// outgrown tries again, and meets another one.
func TestOutgrownStatements(t *testing.T) {
	s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, nil }}
	store, _ := openDB(t, s, sqlstore.PostgreSQL)
	remove := func() error { return store.Delete(t.Context(), coatcheck.ID{1}) }
	if err := remove(); err != nil { // prepares it
		t.Fatal(err)
	}
	if repeated, err := store.Late(); !repeated {
		t.Errorf("error is %v", err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
}
