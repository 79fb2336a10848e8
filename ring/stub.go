package ring

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// commitStub returns what takes the place of rec, at its version, when the copy
// of this move at peer becomes the record. It ends when rec would: until the
// copy has been made a record, touches gather on it.
func commitStub(rec *coatcheck.Record, epoch uint64, peer site, move uint64) *coatcheck.Record {
	e := at(peer)
	e.move = move
	return stub(rec, epoch, e, rec.Deadline, rec.Expires)
}

// plainStub returns a stub that only points to peer and makes no copy valid.
// It lives until end, or until rec's deadline.
func plainStub(rec *coatcheck.Record, epoch uint64, peer envelope, end time.Time) *coatcheck.Record {
	peer.move = 0
	end = end.UTC().Truncate(time.Millisecond)
	if end.After(rec.Deadline) {
		end = rec.Deadline
	}
	return stub(rec, epoch, peer, end, end)
}

// prolonged returns a plain stub with another end, which may be after the
// record's deadline: it then points to nothing.
func prolonged(was cell, epoch uint64, end time.Time) *coatcheck.Record {
	end = end.UTC().Truncate(time.Millisecond)
	return stub(was.raw, epoch, was.peer, end, end)
}

// stub keeps the owner of rec, so that the ID stays in the owner's index here
// while it is on its way to that of the other member.
func stub(rec *coatcheck.Record, epoch uint64, e envelope, deadline, expires time.Time) *coatcheck.Record {
	out := *rec
	out.Data = nil
	out.Version = newVersion(versionOther)
	out.Deadline, out.Expires = deadline, expires
	e.epoch = epoch
	if e.kind == 0 {
		e.kind = storedStub
	}
	e.seal(&out)
	return &out
}
