package main

import (
	"bytes"
	"encoding/binary"
)

// A value is a record as a key-value engine keeps it: version, both deadlines,
// payload. They are one value, since a get needs all of them and comes far
// more often than a touch.
type value []byte

const valueHead = 24

// encode appends r to b.
func encode(b []byte, r record) value {
	b = binary.LittleEndian.AppendUint64(b, r.version)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.expires))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.deadline))
	return append(b, r.payload...)
}

func (v value) version() uint64           { return binary.LittleEndian.Uint64(v) }
func (v value) expires() int64            { return int64(binary.LittleEndian.Uint64(v[8:])) }
func (v value) deadline() int64           { return int64(binary.LittleEndian.Uint64(v[16:])) }
func (v value) setExpires(ms int64)       { binary.LittleEndian.PutUint64(v[8:], uint64(ms)) }
func (v value) live() bool                { return len(v) >= valueHead && now() < min(v.expires(), v.deadline()) }
func (v value) payload() []byte           { return v[valueHead:] }
func (v value) later(expires int64) int64 { return max(v.expires(), min(expires, v.deadline())) }

// read returns what a get does, with a copy of the payload.
func (v value) read() (uint64, []byte, error) {
	if !v.live() {
		return 0, nil, errAbsent
	}
	return v.version(), bytes.Clone(v.payload()), nil
}

// successor checks that r may replace v, and appends to b what is stored then.
func (v value) successor(b []byte, old uint64, r record) (value, error) {
	switch {
	case !v.live():
		return nil, errAbsent
	case v.version() != old:
		return nil, errConflict
	}
	r.expires = min(max(r.expires, v.expires()), r.deadline)
	return encode(b, r), nil
}

// touched appends v to b with its deadline moved.
func (v value) touched(b []byte, expires int64) (value, error) {
	if !v.live() {
		return nil, errAbsent
	}
	t := value(append(b, v...))
	t.setExpires(v.later(expires))
	return t, nil
}
