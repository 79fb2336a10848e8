package coatcheck

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
	"time"
)

// The format of Record.Meta, version 1; numbers are big-endian.
//
//	 0  1  format version, 1
//	 1  1  state: 0 live, 1 stub, 2 tomb, 3 mark, 4 alias
//	 2  1  flags: bit 0 persistent cookie; the others are zero
//	 3  1  zero
//	 4  8  the first eight bytes of the record's ID
//	12  4  CRC-32C of: ID, version, created, auth time and deadline as
//	       milliseconds since 1970 (0 when unset), length of the owner
//	       (4 bytes), owner, meta without these four bytes, data
//	16  8  idle timeout in milliseconds, 0 when there is none
//	24  1  length of the device label
//	25     device label
//	       optional parts, in the order of their tags: tag (1 byte, not 0),
//	       length (1 byte), so many bytes
//
// Part 2, of aliases: 16 bytes of chance, the ID of the session's next record.
// Part 3: when the token was first shown, or made if it was not, as milliseconds
// since 1970 (8 bytes); 1 if it was shown (1 byte); the ID of the record before
// this one, if there is one.
//
// Expires is not covered, since touches move it; the store's own deadline
// checks cover it by Deadline, which is.
const (
	metaVersion = 1
	metaFixed   = 25
	maxDevice   = 128
)

// A state tells what a record stands for.
type state uint8

const (
	stateLive  state = 0 // a session
	stateStub  state = 1 // what is left of a renewed one, so that nobody revives it
	stateTomb  state = 2 // what is left of a destroyed one for the moment until it is deleted
	stateMark  state = 3 // no session: when an owner's sessions were last destroyed
	stateAlias state = 4 // what is left of a rotated one, and leads to it
)

const flagPersistent = 1

// meta is the decoded form of Record.Meta.
type meta struct {
	state      state
	persistent bool
	idle       time.Duration // NoTimeout when there is none
	device     []byte        // into the record's Meta
	parts      metaParts     // so, too
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums are scratch space for checksums, which would else take an allocation
// each. Owners and devices seldom have more bytes than is left behind the rest.
var sums = sync.Pool{New: func() any { return new([256]byte) }}

// checksum computes what the format above describes.
func checksum(rec *Record) uint32 {
	scratch := sums.Get().(*[256]byte)
	defer sums.Put(scratch)
	b := append(scratch[:0], rec.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, rec.Version)
	for _, t := range [...]time.Time{rec.Created, rec.AuthTime, rec.Deadline} {
		b = binary.BigEndian.AppendUint64(b, uint64(millis(t)))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(rec.Owner)))
	b = append(b, rec.Owner...)
	b = append(b, rec.Meta[:12]...)
	b = append(b, rec.Meta[16:]...)
	return crc32.Update(crc32.Update(0, castagnoli, b), castagnoli, rec.Data)
}

// append writes m's fixed form behind b, without the checksum.
func (m *meta) append(b []byte, id ID) []byte {
	var flags byte
	if m.persistent {
		flags |= flagPersistent
	}
	b = append(b, metaVersion, byte(m.state), flags, 0)
	b = append(b, id[:8]...)
	b = append(b, 0, 0, 0, 0)
	idle := m.idle
	if idle == NoTimeout {
		idle = 0
	}
	b = binary.BigEndian.AppendUint64(b, uint64(idle/time.Millisecond))
	b = append(b, byte(len(m.device)))
	b = append(b, m.device...)
	return append(b, m.parts...)
}

// size is how many bytes append adds.
func (m *meta) size() int { return metaFixed + len(m.device) + len(m.parts) }

// seal writes the checksum into rec.Meta, when all else is in place.
func seal(rec *Record) { binary.BigEndian.PutUint32(rec.Meta[12:], checksum(rec)) }

// sumOf returns the checksum that rec.Meta has.
func sumOf(rec *Record) uint32 { return binary.BigEndian.Uint32(rec.Meta[12:]) }

// openMeta checks that rec is whole and stands under its own ID, and decodes
// its Meta. The reason is "" when all is well.
func openMeta(rec *Record, id ID) (m meta, reason string) {
	b := rec.Meta
	switch {
	case rec.ID != id:
		return m, reasonMixup
	case len(b) < metaFixed || len(b) > MaxMeta || b[0] != metaVersion || len(b) < metaFixed+int(b[24]) || !metaParts(b[metaFixed+int(b[24]):]).sound():
		return m, reasonCorrupt
	case ID(rec.ID).short() != [8]byte(b[4:12]):
		return m, reasonMixup
	case sumOf(rec) != checksum(rec):
		return m, reasonCorrupt
	}
	return readMeta(b), ""
}

// readMeta decodes a Meta that openMeta has checked before.
func readMeta(b []byte) (m meta) {
	m.state = state(b[1])
	m.persistent = b[2]&flagPersistent != 0
	m.idle = time.Duration(binary.BigEndian.Uint64(b[16:])) * time.Millisecond
	if m.idle == 0 {
		m.idle = NoTimeout
	}
	end := metaFixed + int(b[24])
	m.device, m.parts = b[metaFixed:end:end], b[end:]
	return m
}

// meta returns the Meta of the session's record, the zero one if it has none.
func (s *Session) meta() meta {
	if s.rec == nil {
		return meta{}
	}
	return readMeta(s.rec.Meta)
}

func (id ID) short() [8]byte { return [8]byte(id[:8]) }

// forever is the deadline of a session that has none: the last second of
// year 9999, which every database can store.
var forever = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// millis is t as milliseconds since 1970, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// after returns the moment d after now, or forever.
func after(now time.Time, d time.Duration) time.Time {
	if t := now.Add(d); d != NoTimeout && t.Before(forever) {
		return t
	}
	return forever
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
