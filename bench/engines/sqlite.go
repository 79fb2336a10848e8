package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"

	"github.com/coatcheck/coatcheck"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteSettings are those of both drivers.
const sqliteSettings = "WAL, synchronous=OFF (FULL when durable), 256 MB of cache, 1 GB mapped, 8 KB pages, WITHOUT ROWID, no index but the key; a connection for each thread with prepared statements; writers of one process wait at a mutex instead of polling"

// sqliteCompaction is how.
const sqliteCompaction = "VACUUM: a copy, everybody waits"

func moderncKind() kind {
	return kind{
		name: "SQLite, modernc", settings: sqliteSettings, shared: true, durable: true,
		compaction: sqliteCompaction,
		open:       func(s setup) (engine, error) { return openSQLite("sqlite", s) },
	}
}

// A sqliteEngine is one table.
type sqliteEngine struct {
	db      *sql.DB
	durable bool
	writing sync.Mutex
}

const sqliteTable = `CREATE TABLE IF NOT EXISTS sessions (
	id BLOB PRIMARY KEY, version INTEGER NOT NULL, expires INTEGER NOT NULL,
	deadline INTEGER NOT NULL, payload BLOB NOT NULL) WITHOUT ROWID`

func openSQLite(driver string, s setup) (engine, error) {
	db, err := sql.Open(driver, "file:"+filepath.Join(s.dir, "sqlite.db"))
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(2 * durableWriters)
	e := &sqliteEngine{db: db, durable: s.durable}
	c, err := e.connect()
	if err != nil {
		return nil, err
	}
	_, err = c.ExecContext(context.Background(), sqliteTable)
	return e, errors.Join(err, c.Close())
}

// connect opens a connection and sets it up.
func (e *sqliteEngine) connect() (*sql.Conn, error) {
	c, err := e.db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	pragmas := []string{
		"busy_timeout=20000", "page_size=8192", "journal_mode=WAL", "synchronous=OFF",
		"cache_size=-262144", "mmap_size=1073741824",
	}
	if e.durable {
		pragmas = append(pragmas, "synchronous=FULL")
	}
	for _, p := range pragmas {
		if _, err := c.ExecContext(context.Background(), "PRAGMA "+p); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (e *sqliteEngine) close() error { return e.db.Close() }

// compact rewrites the file. It needs as much room again meanwhile, and locks
// everybody out.
func (e *sqliteEngine) compact() error {
	_, err := e.db.Exec("VACUUM")
	if err != nil {
		return err
	}
	_, err = e.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (e *sqliteEngine) hand() (hand, error) {
	c, err := e.connect()
	if err != nil {
		return nil, err
	}
	h := &sqliteHand{e: e, conn: c}
	for _, s := range []struct {
		stmt *(*sql.Stmt)
		text string
	}{
		{&h.selects, "SELECT version, expires, deadline, payload FROM sessions WHERE id=?"},
		{&h.inserts, "INSERT INTO sessions (id, version, expires, deadline, payload) VALUES (?, ?, ?, ?, ?)"},
		{&h.updates, "UPDATE sessions SET version=?, expires=min(max(expires, ?), ?), deadline=?, payload=? WHERE id=? AND version=? AND expires>?"},
		{&h.touches, "UPDATE sessions SET expires=max(expires, min(?, deadline)) WHERE id=? AND expires>?"},
		{&h.deletes, "DELETE FROM sessions WHERE id=?"},
	} {
		if *s.stmt, err = c.PrepareContext(context.Background(), s.text); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// A sqliteHand is one connection.
type sqliteHand struct {
	e                                           *sqliteEngine
	conn                                        *sql.Conn
	selects, inserts, updates, touches, deletes *sql.Stmt
}

func (h *sqliteHand) close() error { return h.conn.Close() }

func (h *sqliteHand) get(id coatcheck.ID) (uint64, []byte, error) {
	var (
		version           int64
		expires, deadline int64
		payload           []byte
	)
	if err := h.selects.QueryRow(id[:]).Scan(&version, &expires, &deadline, &payload); err != nil {
		return 0, nil, err
	}
	if now() >= min(expires, deadline) {
		return 0, nil, errAbsent
	}
	return uint64(version), payload, nil
}

func (h *sqliteHand) create(id coatcheck.ID, r record) error {
	return h.exec(h.inserts, id[:], int64(r.version), r.expires, r.deadline, r.payload)
}

func (h *sqliteHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.exec(h.updates, int64(r.version), r.expires, r.deadline, r.deadline, r.payload, id[:], int64(old), now())
}

func (h *sqliteHand) touch(id coatcheck.ID, expires int64) error {
	return h.exec(h.touches, expires, id[:], now())
}

func (h *sqliteHand) remove(id coatcheck.ID) error { return h.exec(h.deletes, id[:]) }

// exec runs a statement, a transaction of its own, that must change one row.
func (h *sqliteHand) exec(stmt *sql.Stmt, args ...any) error {
	h.e.writing.Lock()
	defer h.e.writing.Unlock()
	result, err := stmt.Exec(args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errConflict)
	}
	return nil
}
