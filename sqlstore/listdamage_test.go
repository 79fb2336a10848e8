package sqlstore_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"log/slog"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestListTellsOfDamage: a damaged row costs a list that session alone, and the
// log says which.
func TestListTellsOfDamage(t *testing.T) {
	rec, lost := record(), coatcheck.ID{1, 2, 3}
	s := &script{answer: func(string, []driver.NamedValue) (reply, error) {
		return reply{rows: [][]driver.Value{
			{lost[:], []byte("?"), rec.Data, rec.Expires.UnixMilli()},
			append([]driver.Value{rec.ID[:]}, stored(rec)...),
		}}, nil
	}}
	var log bytes.Buffer
	db := sql.OpenDB(s)
	defer db.Close()
	store, err := sqlstore.Open(db, &sqlstore.Options{Dialect: sqlstore.SQLite, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	recs, _, err := store.List(t.Context(), "", 10)
	if err != nil || len(recs) != 1 || recs[0].ID != rec.ID {
		t.Errorf("it lists %v, %v; want the sound one", recs, err)
	}
	if said := log.String(); strings.Count(said, "level=WARN") != 1 || !strings.Contains(said, lost.Short()) {
		t.Errorf("the log says %q", said)
	}
}
