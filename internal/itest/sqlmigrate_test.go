package itest_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// is reports whether an error is the one that was wanted, nil included.
func is(err, want error) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}

// TestSQLMigrate: ten processes at once make one table, a second time changes
// nothing, and the schema that is printed makes the same table.
func TestSQLMigrate(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		stores := make([]*sqlstore.Store, 10)
		var all sync.WaitGroup
		for i := range stores {
			s, err := sqlstore.Open(db.DB, &sqlstore.Options{Table: db.table})
			must(t, err)
			defer s.Close()
			stores[i] = s
		}
		if err := stores[0].Delete(t.Context(), coatcheck.ID{}); err == nil || !strings.Contains(err.Error(), "Migrate") {
			t.Errorf("without a table the error is %v, which does not say what to do", err)
		}
		for _, s := range stores {
			all.Go(func() {
				if err := s.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		rec := sqlRecord(1, time.Now())
		must(t, stores[0].Create(t.Context(), rec))
		must(t, stores[1].Migrate(t.Context()))
		for _, statement := range strings.Split(strings.TrimSuffix(stores[0].Schema(), ";\n"), ";\n") {
			db.do(t, statement)
		}
		if _, err := stores[2].Load(t.Context(), rec.ID); err != nil {
			t.Error(err)
		}
	})
}

// TestSQLMigrateUpgrades: a table that lacks the bucket gets it, by several
// processes at once, and its records are found, changed and swept as before.
func TestSQLMigrateUpgrades(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		s := db.store(t, sqlstore.Options{})
		live, dead := sqlRecord(1, time.Now()), sqlRecord(2, time.Now().Add(-time.Hour))
		must(t, s.Create(t.Context(), live))
		must(t, s.Create(t.Context(), dead))
		must(t, s.Close())
		db.dropBucket(t)

		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := sqlstore.Open(db.DB, &sqlstore.Options{Table: db.table})
				if err == nil {
					err = errors.Join(s.Migrate(t.Context()), s.Close())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s = db.store(t, sqlstore.Options{})
		must(t, s.Touch(t.Context(), live.ID, live.Deadline))
		swept, err := s.Sweep(t.Context(), time.Now(), "", 10)
		if err != nil || swept.Deleted != 1 {
			t.Errorf("a sweep deletes %d, %v, want the one that has expired", swept.Deleted, err)
		}
		if _, err := s.Load(t.Context(), live.ID); err != nil {
			t.Error(err)
		}
	})
}

// dropBucket makes the table one of the time before there were buckets.
func (db sqlDatabase) dropBucket(t *testing.T) {
	t.Helper()
	drop := "DROP INDEX " + db.table + "_bucket"
	if db.name == "mariadb" {
		drop += " ON " + db.table
	}
	db.do(t, drop, "ALTER TABLE "+db.table+" DROP COLUMN bucket")
}

// TestSQLPending: what Migrate would make is told before, and nothing when it
// has.
func TestSQLPending(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		s, err := sqlstore.Open(db.DB, &sqlstore.Options{Table: db.table})
		must(t, err)
		defer s.Close()
		wants := func(when string, want ...string) {
			t.Helper()
			if lacks, err := s.Pending(t.Context()); err != nil || !slices.Equal(lacks, want) {
				t.Errorf("%s: it lacks %q, %v, want %q", when, lacks, err, want)
			}
		}
		wants("no table", "the table")
		must(t, s.Migrate(t.Context()))
		wants("a new table")
		db.dropBucket(t)
		wants("a table of before", `the column "bucket"`, `the index "`+db.table+`_bucket"`)
		must(t, s.Migrate(t.Context()))
		wants("a table that was brought up to date")
	})
}

// TestSQLMigrateLeavesOthersAlone: somebody else's table is an error, and stays
// as it is.
func TestSQLMigrateLeavesOthersAlone(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		db.do(t, "CREATE TABLE "+db.table+" (id INTEGER PRIMARY KEY, price INTEGER)")
		s, err := sqlstore.Open(db.DB, &sqlstore.Options{Table: db.table})
		must(t, err)
		defer s.Close()
		if err := s.Migrate(t.Context()); !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "owner") {
			t.Errorf("error is %v", err)
		}
		if _, err := s.Pending(t.Context()); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("Pending: %v", err)
		}
		db.do(t, "INSERT INTO "+db.table+" (id, price) VALUES (1, 2)")
	})
}

// TestSQLMigrateMissesAnIndex: where an index cannot be made, because something
// else has its name, that is an error.
func TestSQLMigrateMissesAnIndex(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} { // MariaDB's indexes have names within their table
		t.Run(name, func(t *testing.T) {
			db := database(t, name)
			db.do(t, "CREATE TABLE "+db.table+"_owner (x INTEGER)")
			s, err := sqlstore.Open(db.DB, &sqlstore.Options{Table: db.table})
			must(t, err)
			defer s.Close()
			if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), db.table+"_owner") {
				t.Errorf("error is %v", err)
			}
			db.do(t, "DROP TABLE "+db.table+"_owner")
			must(t, s.Migrate(t.Context()))
		})
	}
}

// TestMariaDBCommitsNothing: connections that commit nothing by themselves are
// refused, since what they acknowledge would be lost.
func TestMariaDBCommitsNothing(t *testing.T) {
	db := database(t, "mariadb")
	db.store(t, sqlstore.Options{})
	timid, err := openDB("mysql", servers.MariaDBSource(sharedMariaDB.addr)+"?autocommit=0")
	must(t, err)
	defer timid.Close()
	s, err := sqlstore.Open(timid, &sqlstore.Options{Table: db.table})
	must(t, err)
	defer s.Close()
	if err := s.Migrate(t.Context()); !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "autocommit=1") {
		t.Errorf("error is %v", err)
	}
}

// TestSQLNames: table and columns may have names that are words of SQL, or
// have spaces and capitals, and stand in a schema.
func TestSQLNames(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		names := sqlstore.Columns{ID: "select", Owner: "from", Data: "The Data", Head: "größe", Deadline: "order", Expires: "limit", Bucket: "group by", Version: "1"}
		table := "Table " + db.table
		switch db.name {
		case "sqlite":
			table = "main." + table
		case "postgres":
			db.do(t, "CREATE SCHEMA s"+db.table)
			table = "s" + db.table + "." + table
		case "mariadb":
			table = "coatcheck." + table
		}
		s := db.store(t, sqlstore.Options{Table: table, Columns: names})
		rec := sqlRecord(1, time.Now())
		must(t, s.Create(t.Context(), rec))
		must(t, s.Touch(t.Context(), rec.ID, rec.Deadline))
		must(t, s.Replace(t.Context(), rec, rec.Version))
		if lacks, err := s.Pending(t.Context()); len(lacks) > 0 || err != nil {
			t.Errorf("it lacks %q, %v", lacks, err)
		}
		if recs, _, err := s.List(t.Context(), "", 10); len(recs) != 1 || err != nil {
			t.Errorf("listed are %d, %v", len(recs), err)
		}
		if ids, _, err := s.Owned(t.Context(), rec.Owner, "", 10); len(ids) != 1 || err != nil {
			t.Errorf("owned are %d, %v", len(ids), err)
		}
		if swept, err := s.Sweep(t.Context(), rec.Deadline, "", 10); swept.Deleted != 1 || err != nil {
			t.Errorf("swept are %d, %v", swept.Deleted, err)
		}
	})
}

// TestMariaDBWithoutADatabase: a connection that has chosen no database, or
// another one, serves a table whose name has its database before it.
func TestMariaDBWithoutADatabase(t *testing.T) {
	db := database(t, "mariadb")
	server, _ := strings.CutSuffix(servers.MariaDBSource(sharedMariaDB.addr), servers.Database)
	table := servers.Database + "." + db.table
	for _, chosen := range []string{"", "mysql"} {
		var err error
		db.DB, err = openDB("mysql", server+chosen)
		must(t, err)
		defer db.Close()
		s := db.store(t, sqlstore.Options{Table: table})
		live, dead := sqlRecord(1, time.Now()), sqlRecord(2, time.Now().Add(-time.Hour))
		must(t, s.Create(t.Context(), live))
		must(t, s.Create(t.Context(), dead))
		if swept, err := s.Sweep(t.Context(), time.Now(), "", 10); swept.Deleted != 1 || err != nil {
			t.Errorf("database %q: swept are %d, %v", chosen, swept.Deleted, err)
		}
		must(t, s.Delete(t.Context(), live.ID))
	}
}
