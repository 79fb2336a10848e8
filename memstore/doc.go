// Package memstore keeps sessions in the memory of one process. A store made by
// [New] forgets them when the process ends. One made by [Open] has a file, and
// Close loses nothing. A crash of the process (kill -9, a panic, no memory left)
// loses what was created or changed since the last snapshot, by default within
// the last minute: new sessions are gone, changed ones are as they were. It
// brings no session back that was deleted, renewed or logged in to before, since
// a journal beside the snapshot notes each of these ends before the call
// returns. A crash of the whole machine may also lose the last entries of that
// journal, those of about half a minute, and so bring back a session that was
// ended in that time.
//
//	m, err := coatcheck.New(memstore.New(nil), nil)
//
// # Limits
//
// A store is bounded by sessions and by bytes, and of both limits anonymous
// sessions may take only a share, so that a flood of visitors never shuts out
// those who have logged in. What counts as anonymous here is a record that has
// neither an owner nor a time of login. At a limit the store makes room, in
// this order:
//
//  1. Expired records go first, whoever they belonged to.
//  2. Then goes the anonymous session that nobody came back to for longest:
//     for another anonymous one that meets its share or a limit of all, and
//     for one with an owner.
//  3. If that cannot help, because all the rest have owners, the call is
//     refused with [coatcheck.ErrFull], and nothing has been evicted for it.
//
// A session that somebody has logged in to is never evicted. A record that
// would not even fit into an empty store is [coatcheck.ErrTooLarge]. The order
// of eviction is nearly that of the last use: a session that was used since it
// came to the end of the queue goes to the back once more.
//
// Limits hold exactly, for all goroutines together. A call at a limit costs no
// more than a few microseconds: the store knows what is due to expire and whom
// to evict next, and does not search.
//
// # Snapshots
//
// A snapshot is written to a temporary file, synchronised and renamed, so the
// one before stays whole until the new one is. Requests go on meanwhile: the
// store copies the pointers of the records, which never change, under a lock
// for a few hundred at a time, and holds none while it writes. Snapshots are
// written only when something has changed. One that fails, for want of space
// perhaps, is reported to Options.Logger, and by Snapshot and Close in their
// errors; the next is tried after the same interval. A snapshot takes about as
// much time and space as the records have bytes, so choose the interval with
// that in mind.
//
// Every Delete, and every Replace that ends a session, writes 36 bytes to the
// journal, which the operating system keeps if the process dies; it does not
// wait for the disk.
//
// # Security
//
// Snapshots hold what the sessions hold, in plain text, but no tokens: nobody
// can use a session by reading them. Files are for their owner only (0600), in
// a directory into which nobody else may write; symbolic links, files of other
// users and files that others may read are refused. On Windows, where a mode
// says little, that is left to the directory's access list.
//
// # Compatibility
//
// Snapshots and journals carry the version of their format. Each release reads
// those of all releases before it, and refuses those of a later format.
package memstore
