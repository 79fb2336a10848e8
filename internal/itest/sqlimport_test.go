package itest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// shapes are tables of other libraries: how each database declares them, and
// how it writes a time that is so many seconds from now.
var shapes = map[string]struct {
	source sqlstore.Source
	table  map[string]string
	time   map[string]string
}{
	"scs": {
		sqlstore.Source{Key: "token", Data: "data", Expires: "expiry"},
		map[string]string{
			"sqlite":   "token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL",
			"postgres": "token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL",
			"mariadb":  "token CHAR(43) PRIMARY KEY, data BLOB NOT NULL, expiry TIMESTAMP(6) NOT NULL",
		},
		map[string]string{
			"sqlite": "julianday('now', '%d seconds')", "postgres": "now() + interval '%d seconds'", "mariadb": "UTC_TIMESTAMP(6) + INTERVAL %d SECOND",
		},
	},
	"django": {
		sqlstore.Source{Key: "session_key", Data: "session_data", Expires: "expire_date"},
		map[string]string{
			"sqlite":   "session_key varchar(43) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL",
			"postgres": "session_key varchar(43) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date timestamp with time zone NOT NULL",
			"mariadb":  "session_key varchar(43) NOT NULL PRIMARY KEY, session_data longtext NOT NULL, expire_date datetime(6) NOT NULL",
		},
		map[string]string{
			"sqlite": "datetime('now', '%d seconds')", "postgres": "now() + interval '%d seconds'", "mariadb": "UTC_TIMESTAMP(6) + INTERVAL %d SECOND",
		},
	},
	"express": {
		sqlstore.Source{Key: "sid", Data: "sess", Expires: "expires"},
		map[string]string{
			"sqlite":   "sid TEXT PRIMARY KEY, sess TEXT NOT NULL, expires INTEGER NOT NULL",
			"postgres": "sid varchar NOT NULL PRIMARY KEY, sess json NOT NULL, expires bigint NOT NULL",
			"mariadb":  "sid varchar(128) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, sess mediumtext, expires int(11) unsigned NOT NULL",
		},
		map[string]string{
			"sqlite": "(unixepoch() + %d) * 1000", "postgres": "(extract(epoch from now())::bigint + %d) * 1000", "mariadb": "UNIX_TIMESTAMP() + %d",
		},
	},
}

// TestSQLImport: the sessions of other libraries go on under their tokens, those
// that have ended do not, and a second import adds nothing.
func TestSQLImport(t *testing.T) {
	const sessions = 450 // more than two pages
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		for name, shape := range shapes {
			t.Run(name, func(t *testing.T) {
				theirs := db.table + "_" + name
				fill(t, db, theirs, shape.table[db.name], shape.time[db.name], sessions)
				s := db.store(t, sqlstore.Options{Table: theirs + "_ours"})
				m, err := coatcheck.New(s, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
				must(t, err)
				defer m.Close()
				source := shape.source
				source.Table = theirs
				convert := func(e sqlstore.Entry) (*coatcheck.Record, error) {
					var old struct{ User string }
					if err := json.Unmarshal(e.Data, &old); err != nil {
						return nil, err
					}
					token, err := coatcheck.ParseToken(e.Key)
					if err != nil {
						return nil, err
					}
					return m.NewRecord(token, old.User, []byte(`{"views":7}`), e.Expires)
				}
				n, err := s.Import(t.Context(), source, convert)
				if err != nil || n != sessions {
					t.Fatalf("imported are %d, %v, want %d", n, err, sessions)
				}
				rec, err := s.Load(t.Context(), m.ID(coatcheck.Token(theirToken(3))))
				must(t, err)
				if d := time.Until(rec.Expires) - 1000*time.Second; d < -time.Minute || d > 2*time.Second {
					t.Errorf("a session ends %v beside its time", d)
				}
				session, err := m.Open(t.Context(), coatcheck.Token(theirToken(3)))
				must(t, err)
				if views := coatcheck.NewKey[int]("views").Get(session); views != 7 || session.Owner() != "user3" {
					t.Errorf("the session of %q has %d views", session.Owner(), views)
				}
				if n, err := s.Import(t.Context(), source, convert); err != nil || n != 0 {
					t.Errorf("a second import adds %d, %v", n, err)
				}
				stop := errors.New("stop")
				if _, err := s.Import(t.Context(), source, func(sqlstore.Entry) (*coatcheck.Record, error) { return nil, stop }); !errors.Is(err, stop) {
					t.Errorf("an error of the conversion becomes %v", err)
				}
			})
		}
	})
}

// theirToken is a token of another library: 43 characters, as scs has them.
func theirToken(n int) string {
	return fmt.Sprintf("%04d", n) + strings.Repeat("x", 38) + "A"
}

// fill makes another library's table, with as many live sessions as dead ones.
func fill(t *testing.T, db sqlDatabase, table, columns, moment string, n int) {
	t.Helper()
	db.do(t, fmt.Sprintf("CREATE TABLE %s (%s)", table, columns))
	var rows []string
	for i := range n {
		rows = append(rows,
			fmt.Sprintf(`('%s', '{"User":"user%d"}', %s)`, theirToken(i), i, fmt.Sprintf(moment, 1000)),
			fmt.Sprintf(`('%s', '{"User":"user%d"}', %s)`, theirToken(i+5000), i, fmt.Sprintf(moment, -1000)))
	}
	db.do(t, fmt.Sprintf("INSERT INTO %s VALUES %s", table, strings.Join(rows, ",")))
}
