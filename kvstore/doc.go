// Package kvstore makes a [coatcheck.Store] of any key-value API that can
// compare and swap: etcd, NATS JetStream KV, Consul, DynamoDB, an object store
// with ETags, or one of your own. It keeps every promise of package coatcheck
// that the API beneath allows: an API that acknowledges writes before they are
// durable loses what it loses, and one that answers reads from a replica that
// lags breaks "read your writes". What only saves, loads and cleans up cannot
// compare and swap; it is accepted under the name [InsecureLastWriteWins]
// alone, and then the promises hold inside one process only.
//
// An API is three methods, see [KV], or three functions, see [Funcs]:
//
//	store, err := kvstore.New(kv, nil)
//	m, err := coatcheck.New(store, nil)
//
// What more it can do, the store uses: [Scanner] gives lists and an index of
// owners, [ConditionalDeleter] besides makes sweeping possible. Modules
// kvstore/natskv and kvstore/etcdkv are such APIs, ready for use.
//
// # Calls
//
// Load is one Get. Create is one Put, and with an owner three calls more, for
// the index. Replace and Touch are a Get and a Put, Delete a Get and a Delete.
// Put never runs twice after an outcome that is unknown: that error goes to the
// caller, and package coatcheck finds out what happened.
//
// # Format
//
// The key of a session is Options.Prefix, "s.", and its ID in hexadecimal; that
// of an owner's entry is the prefix, "o.", the SHA-256 of the owner, ".", and the
// ID. They hold lower-case letters, digits and dots, besides the prefix. The
// value of a session is the binary form of its record, with the data as the
// manager's codec wrote it at its end; see [coatcheck.Record.AppendBinary].
//
// # Compatibility
//
// Values carry the version of their format. Each release reads those of all
// releases before it, and reports those of a later one as damaged.
package kvstore
