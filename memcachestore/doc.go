// Package memcachestore keeps sessions in memcached, which keeps nothing that
// it needs the room for: a server that is full evicts sessions, logged in or
// not, one that is restarted has lost all of its own, and whoever loses a server
// loses its share. That logs people out; it never brings a session back, since
// what is gone is not created anew. Only a server that comes back with what it
// had does, after it was out of the list, or cut off by a proxy that went on
// without it: restart it first. A Store can neither list sessions nor find those
// of an owner: memcached cannot, and an index there could be evicted without a
// word. So Manager.Sessions and DestroyOwner are [coatcheck.ErrUnsupported] with
// it. Everything else of package coatcheck's promises it keeps, by
// compare-and-swap.
//
//	store, err := memcachestore.Open([]memcachestore.Server{
//		{Addr: "10.0.0.1:11211"},
//		{Addr: "10.0.0.2:11211", Weight: 2},
//	}, nil)
//	m, err := coatcheck.New(store, nil)
//
// # Servers
//
// Several servers share the sessions on the continuum of package ketama, as
// other ketama clients do, so that the farm may be shared with them. Changing
// the list moves the sessions of some servers' shares, that is, ends them; a
// ring (package ring) of stores with one server each moves them instead.
//
// Start memcached with enough memory (-m) that it never evicts: its "stats" has
// the number of evictions. It must not run with -C, which switches off what all
// changes need: then reads are [coatcheck.ErrUnsupported]. The greatest session
// is bounded by its item limit (-I, 1 MiB by default) and by Options.MaxValue.
//
// # Calls
//
// Load is one round trip, Create one, Replace and Touch are two, Delete is one.
// The client cannot be interrupted, so a call whose context ends first returns
// and leaves it to the client's own timeout; its outcome is unknown.
//
// # Format
//
// The key of a session is Options.Prefix and its ID in hexadecimal, the value
// the binary form of its record, see [coatcheck.Record.AppendBinary]. Its
// deadline is in the record, and checked at each load; memcached's own comes an
// hour later, and as an absolute time, so that a session may live for longer
// than thirty days.
package memcachestore
