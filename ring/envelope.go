package ring

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"time"

	"github.com/coatcheck/coatcheck"
)

// An envelope is a record of the ring's own. Its Meta begins with bytes that no
// record of the core begins with and ends with a checksum over its ID and all
// it says; numbers are big-endian.
//
//	 0  7  "ccring" and the format version, 1
//	 7  1  kind
//	 8  8  epoch of the member when it was written
//	16  8  base: the version of the record inside; 0 when there is none
//	24  8  move: a random number, in a copy and in the stub that makes it count
//	32  8  epoch of the peer
//	40  1  length of the peer's name
//	41     peer: the member that a stub points to or a copy comes from
//	    4  CRC-32C of ID, version, meta without these four bytes, data
//
// A copy and a fenced record carry another record inside: Data is then the
// length of its Meta (2 bytes), its Meta, its Data.
// Owner, Created and AuthTime are those of the record that an envelope is
// about, so that they never change under one ID.
const (
	magic       = "ccring\x01"
	envelopeMin = 45
	maxName     = 64
)

// A kind tells what a stored record means to the ring.
type kind uint8

const (
	kindAbsent kind = iota // nothing, or what is left of something
	kindLive               // a record as the core wrote it
	kindStub               // a pointer to the member that has the record
	kindCopy               // a copy that counts only if its origin says so
	kindDying              // deleted, but for its removal; nobody may replace it
	kindDead               // what the member had before it was given up
	kindFences             // no session: the ring's notes about its members
)

// stored kinds, in the byte at 7. A fenced record is a live one that was
// written after its member came back, or that has come back to its member.
const (
	storedStub   = 's'
	storedCopy   = 'c'
	storedReturn = 'r' // a copy of a record that may have been here before
	storedDead   = 'd'
	storedFenced = 'f'
	storedFences = 't'
)

// Versions of envelopes begin with 31 bits that the core's counter never
// reaches, and go on with random ones.
const (
	versionDead  = 0x7dead0fe
	versionOther = 0x7d1f7ed0
)

func newVersion(upper uint64) uint64 { return upper<<32 | uint64(rand.Uint32()) }

// isDeath reports whether version is that of a deletion.
func isDeath(version uint64) bool { return version>>32 == versionDead }

// isOwn reports whether version is that of another envelope.
func isOwn(version uint64) bool { return version>>32 == versionOther }

// An envelope in its decoded form.
type envelope struct {
	kind      byte
	epoch     uint64
	base      uint64
	move      uint64
	peer      string
	peerEpoch uint64
}

// at returns the envelope's fields for one that is about another member.
func at(peer site) envelope { return envelope{peer: peer.name, peerEpoch: peer.epoch} }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal makes e the Meta of rec, whose other fields are in place.
func (e *envelope) seal(rec *coatcheck.Record) {
	b := append(make([]byte, 0, envelopeMin+len(e.peer)), magic...)
	b = append(b, e.kind)
	b = binary.BigEndian.AppendUint64(b, e.epoch)
	b = binary.BigEndian.AppendUint64(b, e.base)
	b = binary.BigEndian.AppendUint64(b, e.move)
	b = binary.BigEndian.AppendUint64(b, e.peerEpoch)
	b = append(b, byte(len(e.peer)))
	b = append(b, e.peer...)
	rec.Meta = binary.BigEndian.AppendUint32(b, checksum(rec, b))
}

func checksum(rec *coatcheck.Record, meta []byte) uint32 {
	var head [40]byte
	copy(head[:], rec.ID[:])
	binary.BigEndian.PutUint64(head[32:], rec.Version)
	crc := crc32.Update(0, castagnoli, head[:])
	crc = crc32.Update(crc, castagnoli, meta)
	return crc32.Update(crc, castagnoli, rec.Data)
}

// open decodes the envelope that rec is; ok is false if it is none. That a
// record of the core passes for one takes a collision of eleven bytes.
func open(rec *coatcheck.Record) (e envelope, ok bool) {
	b := rec.Meta
	if len(b) < envelopeMin || string(b[:len(magic)]) != magic || len(b) != envelopeMin+int(b[40]) {
		return envelope{}, false
	}
	end := len(b) - 4
	if binary.BigEndian.Uint32(b[end:]) != checksum(rec, b[:end]) {
		return envelope{}, false
	}
	return envelope{
		kind:      b[7],
		epoch:     binary.BigEndian.Uint64(b[8:]),
		base:      binary.BigEndian.Uint64(b[16:]),
		move:      binary.BigEndian.Uint64(b[24:]),
		peer:      string(b[41:end]),
		peerEpoch: binary.BigEndian.Uint64(b[32:]),
	}, true
}

// enclose returns an envelope that carries rec.
func enclose(rec *coatcheck.Record, e envelope, version uint64) *coatcheck.Record {
	out := *rec
	out.Version = version
	out.Data = make([]byte, 0, 2+len(rec.Meta)+len(rec.Data))
	out.Data = binary.BigEndian.AppendUint16(out.Data, uint16(len(rec.Meta)))
	out.Data = append(append(out.Data, rec.Meta...), rec.Data...)
	e.base = rec.Version
	e.seal(&out)
	return &out
}

// disclose returns the record that an envelope carries.
func disclose(rec *coatcheck.Record, e *envelope) (*coatcheck.Record, bool) {
	if len(rec.Data) < 2 {
		return nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(rec.Data))
	if n > len(rec.Data) {
		return nil, false
	}
	out := *rec
	out.Version = e.base
	out.Meta, out.Data = rec.Data[2:n:n], rec.Data[n:]
	return &out, true
}

// dying is how long a record that was replaced to delete it may wait for that.
// It bounds how long its ID cannot be used again if whoever did it has crashed.
const dying = 10 * time.Second

// death returns what takes the place of rec, at its version, before it is
// deleted. Nobody puts anything in its place, so that the Delete, which goes by
// the ID alone, cannot hit another record.
func death(rec *coatcheck.Record, epoch uint64, now time.Time) *coatcheck.Record {
	out := *rec
	out.Owner, out.Data = "", nil
	out.Version = newVersion(versionDead)
	out.Deadline = now.UTC().Truncate(time.Millisecond).Add(dying)
	out.Expires = out.Deadline
	e := envelope{kind: storedDead, epoch: epoch}
	e.seal(&out)
	return &out
}
