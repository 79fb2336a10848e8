package itest_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestPostgresConnectionsAreEnded: when somebody has ended all connections of
// the pool at once, as a failover does, sessions are loaded all the same.
func TestPostgresConnectionsAreEnded(t *testing.T) {
	admin := database(t, "postgres")
	name := admin.table
	db, err := openDB("pgx", servers.PostgresURL(sharedPostgres.addr)+"&application_name="+name)
	must(t, err)
	defer db.Close()
	s := sqlDatabase{db, "postgres", name}.store(t, sqlstore.Options{})
	rec := sqlRecord(1, time.Now())
	must(t, s.Create(t.Context(), rec))
	for range 2 { // the driver asks those that were never used whether they live
		holdAll(t, db, 16)
	}
	var ended int
	must(t, admin.QueryRow("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", name).Scan(&ended))
	if ended < 16 {
		t.Fatalf("%d connections were ended, want 16", ended)
	}
	got, err := s.Load(t.Context(), rec.ID)
	if err != nil || got.Version != rec.Version {
		t.Errorf("Load is %+v, %v", got, err)
	}
}

// holdAll uses so many connections at a time and gives them back to the pool:
// for a second after that the driver does not ask whether they live.
func holdAll(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	var held []*sql.Conn
	for range n {
		conn, err := db.Conn(t.Context())
		must(t, err)
		held = append(held, conn)
	}
	for _, conn := range held {
		must(t, conn.Close())
	}
}

// TestPostgresForgetsStatements: a program that shares the pool says DISCARD
// ALL, with which the server forgets our prepared statements. They are prepared
// anew, and nobody hears of it.
func TestPostgresForgetsStatements(t *testing.T) {
	db := database(t, "postgres")
	db.SetMaxOpenConns(1)
	s := db.store(t, sqlstore.Options{})
	rec := sqlRecord(1, time.Now())
	must(t, s.Create(t.Context(), rec))
	for _, forget := range []string{"SELECT 1", "DEALLOCATE ALL", "DISCARD ALL"} {
		db.do(t, forget)
		for name, call := range map[string]func(context.Context) error{
			"Load":   func(ctx context.Context) error { _, err := s.Load(ctx, rec.ID); return err },
			"Touch":  func(ctx context.Context) error { return s.Touch(ctx, rec.ID, rec.Expires) },
			"Owned":  func(ctx context.Context) error { _, _, err := s.Owned(ctx, rec.Owner, "", 10); return err },
			"Delete": func(ctx context.Context) error { return s.Delete(ctx, coatcheck.ID{9}) },
		} {
			if err := call(t.Context()); err != nil {
				t.Errorf("%s after %s: %v", name, forget, err)
			}
		}
	}
}
