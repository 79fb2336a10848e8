package coatcheck

import "time"

// MaxMeta is the greatest length of [Record].Meta in bytes.
const MaxMeta = 1024

// A Record is what a [Store] keeps of one session. Users of a [Manager] never
// meet one.
//
// A Record and its slices are immutable once they have been handed over, in
// both directions: a store keeps the record that it was given and may hand the
// same pointer to many callers; nobody writes to it again.
type Record struct {
	// ID is the key of the record.
	ID ID

	// Owner is the account that the session belongs to, any bytes; "" means
	// an anonymous session. Under one ID it changes only to "", when what
	// the session leaves behind replaces the record.
	Owner string

	// Data holds the session's values as the manager's [Codec] wrote them.
	Data []byte

	// Meta is the core's own, at most [MaxMeta] bytes, and kept verbatim: a
	// short ID and a checksum against mix-ups, the state, the idle timeout.
	Meta []byte

	// Created is when the session began; AuthTime is when its owner logged
	// in, zero for an anonymous session or if that is not known. Under one ID neither changes.
	Created, AuthTime time.Time

	// Deadline ends the session whatever happens. Under one ID it moves only
	// to end the record.
	Deadline time.Time

	// Expires ends the session unless a touch or a save moves it. It is
	// never after Deadline.
	//
	// All four are whole milliseconds in UTC.
	Expires time.Time

	// Version changes with every Replace. It is chosen by the core, below
	// 2^63, and stored as given: never a backend's own revision.
	Version uint64
}

// Live reports whether the record may still be served at now: expired means
// now ≥ Expires, or now ≥ Deadline if a store let Expires pass that.
func (r *Record) Live(now time.Time) bool { return now.Before(r.Expires) && now.Before(r.Deadline) }

// Touched returns r with the later of its own Expires and the given one, cut
// off at its Deadline: what Touch and Replace do to the stored deadline. It
// returns r itself when nothing changes, else a shallow copy.
func (r *Record) Touched(expires time.Time) *Record {
	if expires.After(r.Deadline) {
		expires = r.Deadline
	}
	if !expires.After(r.Expires) {
		return r
	}
	c := *r
	c.Expires = expires
	return &c
}
