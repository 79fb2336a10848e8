// Package filestore keeps sessions in files, one for each, which any number of
// processes on one machine may share. It keeps every promise of a store over
// the crash of a process, at whatever point. It cannot keep two by default over
// a crash of the whole machine: what was changed within the last half minute or
// so may be as it was before, and a session that ended in that time may be back
// (see [Machine] for the way around, and for its price). On a file system that
// does not order its writes, such a crash may also damage what was changed last,
// which is reported and never served. A store has no limit on the number of
// sessions: the disk and the user's quota are the limit, at which changes fail
// with [coatcheck.ErrFull]. It belongs on a local file system: on a network one,
// locks and renames may not be what they are here.
//
//	store, err := filestore.Open("/var/lib/shop/sessions", nil)
//
// # Files
//
// The directory, which is for the program's user only, has
//
//	records/ab/abcd…             a session, by the hexadecimal digits of its ID
//	owners/12/1234…-abcd…        an empty file: session abcd… may be an owner's
//	state                        what wrote all this
//
// and records/ab/new while a record is written. Names come from hashes of what
// clients send, never from that itself, and nothing outside the directory is
// ever opened ([os.Root]). A file that is a link, a pipe or a device, that has
// two names, that is another user's or has another mode than 600 is refused with
// [coatcheck.ErrCorrupt], as is one that does not match its checksum. Files
// hold what the sessions hold, in plain text, but no tokens: nobody can use a
// session by reading them.
//
// To end all sessions while stores are open, remove files and leave the
// directories: a store holds on to those that it has opened. See
// [Store.Repair] for how to put files back.
//
// # Changes
//
// A change is written to a new file, which then takes the name of the record:
// whoever reads finds the old record or the new one, whole, and so does whoever
// comes after a crash. Reading takes no lock. Writing takes that of one of the
// 256 directories, for as long as a small file takes to be written: microseconds,
// or until the disk has it if changes are to outlive the machine. Listing takes
// them one after the other, for as long as the names take to be read. The system
// takes the lock away from a process that dies. One that is stopped (SIGSTOP)
// just while it writes holds up the changes of a 256th of the sessions, and
// listings: they fail when their contexts end.
//
// A touch writes sixteen bytes into the file of the record, beside the deadline
// that counts so far, each with a checksum of its own.
//
// # Owners
//
// An entry in the index of owners is there before its record is and stays until
// after that is gone. What a crash leaves in between, a sweep removes. Since a
// crash of the machine may lose entries, the first [Open] after a start of the
// machine looks at the heads of all records and adds what is missing; where the
// system does not tell one start from another (any but Linux), each Open does.
//
// # Limits
//
// A store keeps up to 259 descriptors open on Linux, about twice as many
// elsewhere, and one more for each call under way.
//
// There is no MaxSessions here: a count that all processes agree on would have
// to be locked by every birth and death of a session. Use a file system of its
// own or a quota to bound the bytes, and [coatcheck.Options] to bound each
// session. At the limit of the disk, sessions can still be read, deleted and,
// where a file can be overwritten without new space, touched.
//
// # Compatibility
//
// Each file carries the version of its format. Each release reads those of all
// releases before it, and refuses those of a later format.
package filestore
