package hashstore

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The head of a record in the log. Numbers are little-endian, times
// milliseconds since 1970. The owner, Meta and Data follow it, and zeros up to
// a multiple of eight.
const (
	recHeadSum    = 0  // CRC-32C of the rest of the head
	recBodySum    = 4  // CRC-32C of what follows the head, without the zeros
	recSeq        = 8  // number of the record; of two with one ID the greater counts
	recGeneration = 16 // lower half of the number at which the segment began
	recKind       = 20 // kindRecord or kindTombstone
	recFlags      = 21 // flagDeflated
	recVersion    = 24
	recID         = 32
	recExpires    = 64
	recDeadline   = 72
	recHorizon    = 80 // when no earlier record of this ID can be live any more
	recCreated    = 88
	recAuthTime   = 96
	recOwnerLen   = 104
	recMetaLen    = 108
	recDataLen    = 112 // as it is stored
	recPlainLen   = 116 // when it is not deflated any more
	recHead       = 128
)

const (
	kindRecord    = 0x52
	kindTombstone = 0x54
)

const flagDeflated = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// An entry is a record of the log, or its head, in memory.
type entry []byte

func (e entry) u32(at int) uint32       { return binary.LittleEndian.Uint32(e[at:]) }
func (e entry) u64(at int) uint64       { return binary.LittleEndian.Uint64(e[at:]) }
func (e entry) setU32(at int, v uint32) { binary.LittleEndian.PutUint32(e[at:], v) }
func (e entry) setU64(at int, v uint64) { binary.LittleEndian.PutUint64(e[at:], v) }

func (e entry) id() coatcheck.ID   { return coatcheck.ID(e[recID : recID+32]) }
func (e entry) seq() uint64        { return e.u64(recSeq) }
func (e entry) version() uint64    { return e.u64(recVersion) }
func (e entry) tombstone() bool    { return e[recKind] == kindTombstone }
func (e entry) expires() int64     { return int64(e.u64(recExpires)) }
func (e entry) deadline() int64    { return int64(e.u64(recDeadline)) }
func (e entry) horizon() int64     { return int64(e.u64(recHorizon)) }
func (e entry) owned() bool        { return e.u32(recOwnerLen) > 0 }
func (e entry) generation() uint32 { return e.u32(recGeneration) }

// body returns how many bytes follow the head.
func (e entry) body() int64 {
	return int64(e.u32(recOwnerLen)) + int64(e.u32(recMetaLen)) + int64(e.u32(recDataLen))
}

// size returns how many bytes the record takes in the log.
func (e entry) size() int64 { return pad(recHead + e.body()) }

// guest reports whether the record may be evicted to make room: nobody has
// ever logged in to it. What is left of a login stays until its end.
func (e entry) guest() bool { return !e.owned() && int64(e.u64(recAuthTime)) == noTime }

// noTime is the zero time, as the log has it.
var noTime = millis(time.Time{})

func pad(n int64) int64 { return (n + 7) &^ 7 }

// sealHead computes the checksum of a head that is complete.
func (e entry) sealHead() { e.setU32(recHeadSum, checksum(e[4:recHead])) }

// headWhole reports whether the checksum of the head is right and its numbers
// make sense.
func (e entry) headWhole() bool {
	kind := e[recKind]
	return (kind == kindRecord || kind == kindTombstone && e.body() == 0) &&
		e.u32(recHeadSum) == checksum(e[4:recHead]) && recHead+e.body() <= maxRecord
}

// bodyWhole reports whether the checksum of the body is right. The entry is a
// whole one.
func (e entry) bodyWhole() bool {
	end := recHead + e.body()
	return end <= int64(len(e)) && e.u32(recBodySum) == checksum(e[recHead:end])
}

// millis is t in milliseconds.
func millis(t time.Time) int64 { return t.UnixMilli() }

// clock brings a time back. The zero time is a whole millisecond, too.
func clock(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// encode writes rec behind the head's room in buf, all but what only the holder
// of the lock knows: number, generation, horizon and head checksum.
func encode(buf entry, rec *coatcheck.Record, compressAbove int) (entry, error) {
	data, flags := rec.Data, byte(0)
	if compressAbove > 0 && len(data) > compressAbove {
		if small := deflate(data); small != nil {
			data, flags = small, flagDeflated
		}
	}
	n := int64(recHead) + int64(len(rec.Owner)) + int64(len(rec.Meta)) + int64(len(data))
	if n > maxRecord || len(rec.Data) > maxRecord {
		return buf, tooLarge(n)
	}
	size := int(pad(n))
	if cap(buf) < size {
		buf = make(entry, size)
	}
	buf = buf[:size]
	clear(buf[16:24])
	clear(buf[120:recHead])
	clear(buf[n:])
	buf[recKind], buf[recFlags] = kindRecord, flags
	buf.setU64(recVersion, rec.Version)
	copy(buf[recID:], rec.ID[:])
	buf.setU64(recExpires, uint64(millis(rec.Expires)))
	buf.setU64(recDeadline, uint64(millis(rec.Deadline)))
	buf.setU64(recCreated, uint64(millis(rec.Created)))
	buf.setU64(recAuthTime, uint64(millis(rec.AuthTime)))
	buf.setU32(recOwnerLen, uint32(len(rec.Owner)))
	buf.setU32(recMetaLen, uint32(len(rec.Meta)))
	buf.setU32(recDataLen, uint32(len(data)))
	buf.setU32(recPlainLen, uint32(len(rec.Data)))
	at := recHead + copy(buf[recHead:], rec.Owner)
	at += copy(buf[at:], rec.Meta)
	copy(buf[at:], data)
	buf.setU32(recBodySum, checksum(buf[recHead:n]))
	return buf, nil
}

// encodeTombstone writes what says that id was deleted.
func encodeTombstone(buf entry, id coatcheck.ID, horizon int64) entry {
	if cap(buf) < recHead {
		buf = make(entry, recHead, 2048)
	}
	buf = buf[:recHead]
	clear(buf)
	buf[recKind] = kindTombstone
	copy(buf[recID:], id[:])
	buf.setU64(recHorizon, uint64(horizon))
	buf.setU32(recBodySum, checksum(nil))
	return buf
}

// decode makes a record of an entry that is whole and nobody else's: the record
// keeps parts of it. Expires is left to the caller.
func (e entry) decode() (*coatcheck.Record, error) {
	owner, meta := int(e.u32(recOwnerLen)), int(e.u32(recMetaLen))
	body := e[recHead : recHead+e.body()]
	rec := &coatcheck.Record{
		ID:       e.id(),
		Owner:    string(body[:owner]),
		Meta:     body[owner : owner+meta : owner+meta],
		Data:     body[owner+meta : len(body) : len(body)],
		Created:  clock(int64(e.u64(recCreated))),
		AuthTime: clock(int64(e.u64(recAuthTime))),
		Deadline: clock(e.deadline()),
		Version:  e.version(),
	}
	if e[recFlags]&flagDeflated != 0 {
		data, err := inflate(rec.Data, int(e.u32(recPlainLen)))
		if err != nil {
			return nil, err
		}
		rec.Data = data
	}
	return rec, nil
}
