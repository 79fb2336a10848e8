// Package hashstore keeps sessions in one file that several processes share: a
// crash-safe hashtable, and the default choice on one machine. What it cannot
// promise depends on [Options].Durability. A process may be killed at any
// instruction in every mode without a loss. When the whole machine stops,
// [Always] loses nothing; [Interval], the default, loses what was created or
// changed in the last second or so, but no end of a session; [None] begins
// with an empty file. In every mode a stopped machine may forget touches that
// it had not written yet, so that a session expires earlier than it should,
// never later. The file must be on a local disk: network file systems are
// refused.
//
//	store, err := hashstore.Open("/var/lib/app/sessions", nil)
//	m, err := coatcheck.New(store, nil)
//
// # Limits
//
// Options.MaxSessions and Options.MaxBytes bound the file. At a limit a new
// session is let in if something has expired, or else in the place of an
// anonymous one, nearly the one that nobody came back to for longest. Anonymous
// is who has neither an owner nor a time of login. A session that somebody has
// logged in to is never evicted: if only those are left, the call is refused
// with [coatcheck.ErrFull]. A record of more than 16 MiB is
// [coatcheck.ErrTooLarge]. When the disk is full the answer is ErrFull, too,
// and what is stored stays readable.
//
// # Several processes
//
// Any number of processes may use one file, and one may open it several times.
// Readers take no lock. Changes take one for less than a microsecond; if its
// holder is killed, the next one finds out from the kernel, repairs what was
// half done and goes on. A process that is stopped while it holds the lock
// keeps others waiting, as long as their contexts allow.
//
// # Damage
//
// A record whose checksum is wrong is [coatcheck.ErrCorrupt] and costs that
// session alone. [Check] finds what is wrong with a file, [Repair] makes it
// sound again. docs/HASHSTORE.md describes the format to the byte, and what to
// do in operation.
package hashstore
