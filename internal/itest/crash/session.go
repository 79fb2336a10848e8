//go:build linux

package crash

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// hours until the last deadline of every session.
const lastHour = 100

// IDOf returns the ID of a worker's own session.
func IDOf(slot, key int) coatcheck.ID { return sha256.Sum256(fmt.Appendf(nil, "own %d/%d", slot, key)) }

// SharedID returns the ID of a session that all workers change.
func SharedID(n int) coatcheck.ID { return sha256.Sum256(fmt.Appendf(nil, "shared %d", n)) }

// ownerOf returns whose session it is: every third is anonymous.
func ownerOf(slot, key int) string {
	if key%3 == 0 {
		return ""
	}
	return fmt.Sprintf("owner %d/%d", slot, key%8)
}

// at is the moment some hours after the beginning, in milliseconds since 1970.
func (j *Journal) at(hour int) int64 { return j.Base + int64(hour)*time.Hour.Milliseconds() }

// A version tells all about a record: its lowest digits are the size of the data,
// and above them stands whether it is a stub, which is what is left of a session
// that has ended early.
const (
	stubBit = 1 << 20
	unit    = 2 * stubBit
)

// next returns a version that no record had, for data of some size.
func (j *Journal) next(size int) uint64 { return j.Version.Add(1)*unit + uint64(size) }

func (v Value) stub() bool { return v.Version&stubBit != 0 }

// deadline is when a session ends at the latest: a stub soon.
func (j *Journal) deadline(v Value) int64 {
	if v.stub() {
		return j.at(1)
	}
	return j.at(lastHour)
}

// record returns the record of a value. All of it follows from the version, so
// that a mixture of two gives itself away.
func (j *Journal) record(slot, key int, v Value) *coatcheck.Record {
	rec := &coatcheck.Record{
		ID: IDOf(slot, key), Owner: ownerOf(slot, key),
		Data: content(v.Version, int(v.Version%stubBit)), Meta: content(v.Version+1, 24),
		Created:  time.UnixMilli(j.Base).UTC(),
		Deadline: time.UnixMilli(j.deadline(v)).UTC(),
		Expires:  time.UnixMilli(v.Expires).UTC(),
		Version:  v.Version,
	}
	if rec.Owner != "" {
		rec.AuthTime = rec.Created
	}
	if v.stub() {
		rec.Owner = ""
	}
	return rec
}

// content is bytes that only this version has.
func content(version uint64, size int) []byte {
	b := make([]byte, (size+7)&^7)
	x := version*0x9e3779b97f4a7c15 | 1
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], x)
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return b[:size]
}

// read returns the value of a record that was found under the ID of a session,
// or what is wrong with it. rec is nil when there was none.
func (j *Journal) read(slot, key int, rec *coatcheck.Record) (Value, error) {
	if rec == nil {
		return Value{}, nil
	}
	v := Value{Version: rec.Version, Expires: rec.Expires.UnixMilli()}
	want := j.record(slot, key, v)
	if rec.ID != want.ID || rec.Owner != want.Owner || !bytes.Equal(rec.Data, want.Data) || !bytes.Equal(rec.Meta, want.Meta) ||
		!rec.Created.Equal(want.Created) || !rec.AuthTime.Equal(want.AuthTime) || !rec.Deadline.Equal(want.Deadline) || !rec.Expires.Equal(want.Expires) {
		return v, fmt.Errorf("the record is no one's: %d bytes of data, owner %q, version %#x", len(rec.Data), rec.Owner, rec.Version)
	}
	return v, nil
}
