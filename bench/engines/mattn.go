//go:build cpeers

package main

import _ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

// compiledKinds are the peers that need a C compiler.
func compiledKinds() []kind {
	return []kind{lmdbKind("LMDB", 0), lmdbKind("LMDB, WRITEMAP", lmdbWriteMap), {
		name: "SQLite, mattn", settings: sqliteSettings, shared: true, durable: true,
		compaction: sqliteCompaction,
		open:       func(s setup) (engine, error) { return openSQLite("sqlite3", s) },
	}}
}
