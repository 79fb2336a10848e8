package itest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// planRows is how many records the table has whose plans are looked at, and
// planRounds how often each call is made: a database may change its mind about
// a prepared statement after a few.
const (
	planRows   = 3000
	planRounds = 10
)

// filled returns a store with many records, some of which have expired.
func filled(t *testing.T, db sqlDatabase) *sqlstore.Store {
	t.Helper()
	s := db.store(t, sqlstore.Options{})
	must(t, s.Create(t.Context(), sqlRecord(0, time.Now())))
	insert := "INSERT INTO " + db.table + " (id, owner, data, head, deadline, expires, bucket, version) SELECT "
	rest := ", data, head, deadline, expires - (n % 10) * 3600000, bucket - n % 10, version FROM " + db.table + ", "
	switch db.name {
	case "postgres":
		db.do(t, insert+"sha256(convert_to(n::text, 'UTF8')), convert_to('user-' || n, 'UTF8')"+rest+"generate_series(1, 2999) n", "ANALYZE "+db.table)
	case "mariadb":
		db.do(t, insert+"UNHEX(SHA2(n, 256)), CONCAT('user-', n)"+rest+"(SELECT seq AS n FROM seq_1_to_2999) numbers", "ANALYZE TABLE "+db.table)
	}
	return s
}

// useIndexes makes every call that must find its rows by an index.
func useIndexes(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	rec := sqlRecord(0, time.Now())
	cursor, place := "", ""
	for i := range planRounds {
		_, err := s.Load(t.Context(), rec.ID)
		must(t, err)
		_, _, err = s.Owned(t.Context(), "user-77", "", 10)
		must(t, err)
		_, cursor, err = s.List(t.Context(), cursor, 10)
		must(t, err)
		must(t, s.Touch(t.Context(), rec.ID, time.Now().Add(time.Hour+time.Duration(i)*time.Minute)))
		next := *rec
		next.Version += uint64(i) + 1
		must(t, s.Replace(t.Context(), &next, next.Version-1))
		must(t, s.Delete(t.Context(), coatcheck.ID{1}))
		r, err := s.Sweep(t.Context(), time.Now(), place, 10)
		must(t, err)
		place = r.Next
	}
}

// TestPostgresPlans: no call but Stat reads the table from end to end.
func TestPostgresPlans(t *testing.T) {
	db := database(t, "postgres")
	db.SetMaxOpenConns(1) // what it counts, it reports all at once
	s := filled(t, db)
	scans := func() (n int) {
		must(t, db.QueryRowContext(t.Context(), "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = $1", db.table).Scan(&n))
		return n
	}
	must(t, s.Touch(t.Context(), sqlRecord(0, time.Now()).ID, time.Now().Add(45*time.Minute)))
	updatesOf(t, db, 1)
	before := scans()
	useIndexes(t, s)
	updatesOf(t, db, 1+2*planRounds)
	if n := scans() - before; n > 0 {
		t.Errorf("the table was read from end to end %d times", n)
	}
}

// TestMariaDBPlans: all calls but Stat together read fewer rows than the table
// has.
func TestMariaDBPlans(t *testing.T) {
	db := database(t, "mariadb")
	db.SetMaxOpenConns(1) // the counters are the connection's
	s := filled(t, db)
	db.do(t, "FLUSH STATUS")
	useIndexes(t, s)
	rows, err := db.QueryContext(t.Context(), "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_rnd_next', 'Handler_read_prev')")
	must(t, err)
	defer rows.Close()
	total := 0
	for rows.Next() {
		var name string
		var n int
		must(t, rows.Scan(&name, &n))
		t.Log(name, n)
		total += n
	}
	must(t, rows.Err())
	if total >= planRows {
		t.Errorf("%d rows were read, of a table that has %d", total, planRows)
	}
}

// TestSQLitePlans: the plan of each statement but that of Stat is a search by
// an index, in its order.
func TestSQLitePlans(t *testing.T) {
	dir := t.TempDir()
	plain, err := openDB("sqlite", sqliteSource(dir))
	must(t, err)
	defer plain.Close()
	heard := &listener{driver: plain.Driver(), source: sqliteSource(dir)}
	db := sqlDatabase{sql.OpenDB(heard), "sqlite", tableOf(dir)}
	defer db.Close()
	s := db.store(t, sqlstore.Options{Dialect: sqlstore.SQLite})
	must(t, s.Create(t.Context(), sqlRecord(0, time.Now())))
	heard.forget()
	useIndexes(t, s)
	if len(heard.queries) < 7 {
		t.Fatalf("heard are only %v", heard.queries)
	}
	for query := range heard.queries {
		for _, step := range explained(t, plain, query) {
			if strings.Contains(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", query, step)
			}
		}
	}
}

// explained asks SQLite how it would run a query.
func explained(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		all = append(all, step)
	}
	must(t, rows.Err())
	return all
}

// A listener connects to a database and notes the statements that are prepared.
type listener struct {
	driver driver.Driver
	source string

	mu      sync.Mutex
	queries map[string]bool
}

func (l *listener) Driver() driver.Driver { return l.driver }

func (l *listener) Connect(context.Context) (driver.Conn, error) {
	c, err := l.driver.Open(l.source)
	return listened{c, l}, err
}

func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queries = map[string]bool{}
}

// listened is a connection of a listener.
type listened struct {
	driver.Conn
	to *listener
}

func (c listened) Prepare(query string) (driver.Stmt, error) {
	c.to.mu.Lock()
	if c.to.queries != nil {
		c.to.queries[query] = true
	}
	c.to.mu.Unlock()
	return c.Conn.Prepare(query)
}
