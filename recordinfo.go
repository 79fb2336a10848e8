package coatcheck

import "fmt"

// Info describes the session that the record holds, as lists do; it does no
// I/O. It is for tools that walk through a [Lister]; [Manager.All] and
// [Manager.Sessions] yield the same for whoever has a manager. Whether the
// session has expired, [Record.Live] says.
//
// A record that is no session is [ErrNotFound]: what a renewed or destroyed one
// leaves behind for a minute, what leads from the old token of a rotated one to
// it, and notes of the core's own. One that is not whole, that stands under
// another's ID, or that this library did not write is [ErrCorrupt].
func (r *Record) Info() (Info, error) {
	md, reason := openMeta(r, r.ID)
	switch {
	case reason == reasonMixup:
		return Info{}, fmt.Errorf("%w: it is another session's", ErrCorrupt)
	case reason != "":
		return Info{}, ErrCorrupt
	case md.state != stateLive:
		return Info{}, fmt.Errorf("%w: what is left of it is no session", ErrNotFound)
	}
	return r.info(md), nil
}
