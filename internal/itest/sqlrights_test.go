package itest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestSQLMigrateNeedsNoRights: where the table is complete, Migrate is content
// as a user who may only use it, and the store works.
func TestSQLMigrateNeedsNoRights(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			db := database(t, name)
			db.store(t, sqlstore.Options{})
			poor := "poor" + db.table[:8]
			must(t, poorDB(t, &db, poor))
			s := db.store(t, sqlstore.Options{})
			rec := sqlRecord(1, time.Now())
			must(t, s.Create(t.Context(), rec))
			must(t, s.Delete(t.Context(), rec.ID))
		})
	}
}

// poorDB makes a user who may only use the table, and opens the database anew
// as that one.
func poorDB(t *testing.T, db *sqlDatabase, user string) (err error) {
	t.Helper()
	driver, source := "pgx", ""
	if db.name == "postgres" {
		db.do(t, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", user, servers.Password),
			"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
			fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s", db.table, user))
		source = fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=disable", user, servers.Password, sharedPostgres.addr)
	} else {
		db.do(t, fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", user, servers.Password),
			fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON %s.%s TO %s@'%%'", servers.Database, db.table, user))
		driver, source = "mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s", user, servers.Password, sharedMariaDB.addr, servers.Database)
	}
	db.DB, err = openDB(driver, source)
	if err == nil {
		t.Cleanup(func() { db.Close() })
	}
	return err
}

// TestPostgresMigrateWaitsForNobody: where the table is complete, Migrate takes
// no lock that a VACUUM at work would keep it from, and that would keep others
// from writing meanwhile.
func TestPostgresMigrateWaitsForNobody(t *testing.T) {
	db := database(t, "postgres")
	s := db.store(t, sqlstore.Options{})
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	defer tx.Rollback() // it has changed nothing
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE "+db.table+" IN SHARE UPDATE EXCLUSIVE MODE")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	must(t, s.Migrate(ctx))
}
