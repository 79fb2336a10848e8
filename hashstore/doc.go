// Package hashstore keeps sessions in one file that several processes share: a
// crash-safe hashtable, and the embedded default of this house. What it cannot
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
package hashstore
