// Package sqlstore keeps sessions in a table of an SQL database: SQLite,
// PostgreSQL, MySQL or MariaDB, through whatever driver the program brings. It
// keeps every promise of the store contract as far as the database keeps its
// own. So it cannot promise what the database was told not to: with
// asynchronous replicas, a failover loses what had not arrived there, and a
// read from a replica shows what was; with synchronous_commit=off,
// innodb_flush_log_at_trx_commit=0 or 2, or SQLite's synchronous=OFF (and NORMAL
// with a write-ahead log), a crash may lose the last changes, and bring back a
// session that had just ended; and on a network disk, on which locks do not
// work, SQLite can lose anything.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	store, err := sqlstore.Open(db, nil)
//	err = store.Migrate(ctx) // or run what store.Schema prints
//	m, err := coatcheck.New(store, nil)
//
// # What a call costs
//
// Load is one query by the primary key for three columns, Create, Replace,
// Touch and Delete are one statement each, and what decides is the number of
// rows that it affected. Only when that is none does a second query tell why. On
// SQLite a Replace or a Touch that changes the owner, or the hour of the
// deadline, is two.
// There are no transactions but in a sweep on MySQL, and no locks between
// statements. All statements are prepared once for each connection, that of
// Load with pgx if its settings let it do so.
//
// With pgx and with modernc.org/sqlite as drivers themselves, not wrapped in
// another one, a Load takes a shorter way, without the goroutines that package
// sql and the driver start for each query of a context that can end.
//
// # Errors
//
// A statement that the database has certainly not carried out, because of a
// deadlock, a serialization failure, a busy file or a connection that was gone
// before anything was sent, is repeated while the context allows. A query that
// changes nothing is also repeated when its connection is lost. Any other error
// of the driver is returned, wrapped: whether the change was made is unknown
// then, and the session finds it out by its version.
//
// That takes a driver which says driver.ErrBadConn only if nothing was sent, as
// package driver demands, because package sql repeats a statement then. One that
// says it when a connection ends before the answer, as github.com/lib/pq does,
// may make a session's change twice: it meets its own version, and
// takes that for somebody else's. Prefer pgx.
//
// # The table
//
// Deadlines are whole milliseconds since 1970, UTC, judged by Options.Now and
// never by the database's clock. The index for the sweep is on the hour of the
// deadline, in a column of its own, so that a session in use changes no index
// for most of an hour: on PostgreSQL such an update is a HOT one.
//
// The column data has the session's values as they are. By default that is one
// JSON object, which the database's own functions read:
//
//	SQLite      CAST(data AS TEXT) ->> 'views'
//	PostgreSQL  convert_from(data, 'UTF8')::jsonb ->> 'views'
//	MySQL       JSON_VALUE(CONVERT(data USING utf8mb4), '$.views')
//
// It holds bytes rather than text, since a codec may write any. The owner is
// bytes, too: convert_from(owner, 'UTF8'). The columns owner, deadline and
// version are for conditions and for reading; what a record says of itself is
// in the column head, so do not change them by hand. To end a session, delete
// its row.
//
// # Settings of the database
//
// Give the pool enough connections (sql.DB.SetMaxOpenConns) and as many idle
// ones. For SQLite, use a write-ahead log and a busy timeout, for example
//
//	file:sessions.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(2000)
//
// and one connection if the database is in memory. MySQL needs InnoDB, which is
// its default, a binary log that is not by statements, and connections with
// autocommit; with maxAllowedPacket=0 in the name of the data source, a session
// that is too large for the server is told from a server that is gone.
// Connections that a pooler such as PgBouncer shares must support prepared
// statements.
//
// # Security
//
// Everything that comes from a client is a bound parameter; names of the table
// and its columns are checked and quoted. The table holds no tokens: nobody can
// use a session by reading it. An error never holds one either, nor the
// password of the database unless the driver's own does.
package sqlstore
