package transfer

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A fate is what became of a session.
type fate uint8

const (
	fateCarried fate = iota // TO has it from us
	fateEnded               // FROM has ended it, so TO has it no longer
	fateExpired             // it ran out in FROM, and is left to that in TO
	fateKept                // TO's own users changed it: hands off
	fateGone                // TO's own users ended it: hands off
	fateRefused             // TO does not take it
	fateDoubted             // TO had it from us for certain, and has perhaps what was to take its place
	fates                   // how many there are
)

// An entry is what the ledger says of one session.
type entry struct {
	ordinal uint64 // counts the sessions, so that a bit can stand for one
	batch   uint64 // the batch that wrote it last
	fate    fate
	created int64    // in milliseconds, as it was carried
	expires int64    // so
	sum     digest   // of the record as it was carried
	until   int64    // if doubted: when what TO had for certain expires
	written []uint64 // the versions that TO may have from us, the last one last

	stored uint64 // the version of the entry in the ledger; 0: it is not there yet
}

// The form of an entry in the ledger; numbers are big-endian:
//
//	0   8  ordinal
//	8   8  batch
//	16  1  fate
//	17  8  created
//	25  8  expires
//	33 16  digest
//	49  8  until, if the fate is that it is doubted, and only then
//	       versions of 8 bytes each, at least one
const entryFixed = 49

func (e *entry) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, e.ordinal)
	b = binary.BigEndian.AppendUint64(b, e.batch)
	b = append(b, byte(e.fate))
	b = binary.BigEndian.AppendUint64(b, uint64(e.created))
	b = binary.BigEndian.AppendUint64(b, uint64(e.expires))
	b = append(b, e.sum[:]...)
	if e.fate == fateDoubted {
		b = binary.BigEndian.AppendUint64(b, uint64(e.until))
	}
	for _, v := range e.written {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}

var errEntry = errors.New("an entry of the state file is damaged")

func parseEntry(b []byte) (*entry, error) {
	if len(b) < entryFixed+8 || (len(b)-entryFixed)%8 != 0 || b[16] >= byte(fates) {
		return nil, errEntry
	}
	e := &entry{
		ordinal: binary.BigEndian.Uint64(b),
		batch:   binary.BigEndian.Uint64(b[8:]),
		fate:    fate(b[16]),
		created: int64(binary.BigEndian.Uint64(b[17:])),
		expires: int64(binary.BigEndian.Uint64(b[25:])),
		sum:     digest(b[33:entryFixed]),
	}
	for b = b[entryFixed:]; len(b) > 0; b = b[8:] {
		e.written = append(e.written, binary.BigEndian.Uint64(b))
	}
	if e.fate == fateDoubted {
		if len(e.written) == 1 {
			return nil, errEntry
		}
		e.until, e.written = int64(e.written[0]), e.written[1:]
	}
	return e, nil
}

// carried reports whether TO should have the session from us.
func (e *entry) carried() bool { return e.fate == fateCarried || e.fate == fateDoubted }

// certain is when what TO had for certain expires.
func (e *entry) certain() int64 {
	if e.fate == fateDoubted {
		return e.until
	}
	return e.expires
}

// last is the version that was written, or was to be written, last.
func (e *entry) last() uint64 { return e.written[len(e.written)-1] }

// ours reports whether TO can have that version from us.
func (e *entry) ours(version uint64) bool { return slices.Contains(e.written, version) }

// write adds a version that is about to be written. Of those before it only
// the last one counts if certain says that it is what TO has.
func (e *entry) write(version uint64, certain bool) {
	if certain && len(e.written) > 0 {
		e.written = []uint64{e.last()}
	}
	if i := slices.Index(e.written, version); i >= 0 {
		e.written = slices.Delete(e.written, i, i+1)
	}
	e.written = append(e.written, version)
}

// Bits are a set of ordinals: one bit for each session that the ledger knows.
type bits []uint64

func (b *bits) set(n uint64) {
	if word := int(n / 64); word >= len(*b) {
		*b = append(*b, make([]uint64, word+1-len(*b)+word/4)...)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bits) has(n uint64) bool { return n/64 < uint64(len(b)) && b[n/64]&(1<<(n%64)) != 0 }
