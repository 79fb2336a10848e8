package coatcheck

import (
	"encoding/json"
	"errors"
	"math"
)

// A field is one key and its value inside fields.buf: offsets of the key's
// characters and of the value. They are small so that the first few fit into
// the session itself.
type field struct {
	key, keyEnd, value, end uint32
}

// escaped marks, in field.keyEnd, a key that contains a backslash.
const escaped = 1 << 31

// fields is the index of one record's data: where each key and value is. It
// is made once when the record is loaded; values are decoded when asked for.
type fields struct {
	buf    []byte
	list   []field
	inline [10]field
	seen   map[string]struct{} // keys, while many are being split
	marks  uint64              // what twice knows of the keys so far
}

// Bounds that no data passes, whatever Options say.
const (
	greatestKeys = 1 << 20
	maxKeyLen    = 128 // bytes of a key's name
	maxDepth     = 512 // nesting of a JSON value
)

func (f *fields) key(i int) string {
	e := f.list[i]
	if e.keyEnd&escaped == 0 {
		return string(f.buf[e.key:e.keyEnd])
	}
	name, _ := unquote(f.buf[e.key : e.keyEnd&^escaped])
	return name
}

func (f *fields) value(i int) []byte { return f.buf[f.list[i].value:f.list[i].end:f.list[i].end] }

// find returns the index of a key, or -1. It compares in place.
func (f *fields) find(name string) int {
	for i := range f.list {
		e := &f.list[i]
		if e.keyEnd&escaped != 0 {
			if f.key(i) == name {
				return i
			}
		} else if string(f.buf[e.key:e.keyEnd]) == name {
			return i
		}
	}
	return -1
}

// reset points f at no data.
func (f *fields) reset() { f.buf, f.list, f.marks = nil, f.inline[:0], 0 }

// split indexes data by codec. Data with more than maxKeys keys, with a key
// twice, or with a key over the limit, is refused.
func (f *fields) split(codec Codec, data []byte, maxKeys int) error {
	f.reset()
	if len(data) == 0 {
		return nil
	}
	if _, ok := codec.(JSON); ok {
		return f.splitJSON(data, maxKeys)
	}
	defer func() { f.seen = nil }()
	return codec.Split(data, func(key, value []byte) error {
		switch {
		case len(f.list) >= maxKeys:
			return errTooManyKeys
		case len(f.buf)+len(key)+len(value) > math.MaxInt32:
			return errTooMuch
		case f.twice(key):
			return errTwiceKey
		}
		e := field{key: uint32(len(f.buf))}
		f.buf = append(f.buf, key...)
		e.keyEnd = uint32(len(f.buf))
		e.value = e.keyEnd
		f.buf = append(f.buf, value...)
		e.end = uint32(len(f.buf))
		f.list = append(f.list, e)
		return nil
	})
}

// Faults that split finds, whatever the codec.
var (
	errTooManyKeys = errors.New("too many keys")
	errTooMuch     = errors.New("too much data")
	errTwiceKey    = errors.New("a key stands twice")
)

// manyKeys is where comparing a new key with every other one becomes slower
// than a map.
const manyKeys = 32

// twice reports whether the key that is about to be appended is there already.
// Most are not, and most of these differ from all others in a few bits of
// their ends and length, so that no comparison is needed.
func (f *fields) twice(name []byte) bool {
	if len(f.list) < manyKeys {
		bit := uint64(1)
		if n := len(name); n > 0 {
			bit <<= (int(name[0]) + 5*int(name[n-1]) + 7*n) % 64
		}
		known := f.marks&bit != 0
		f.marks |= bit
		return known && f.find(string(name)) >= 0
	}
	if f.seen == nil {
		f.seen = make(map[string]struct{}, 4*manyKeys)
		for i := range f.list {
			f.seen[f.key(i)] = struct{}{}
		}
	}
	n := len(f.seen)
	f.seen[string(name)] = struct{}{}
	return len(f.seen) == n
}

// unquote decodes the characters of a JSON string that holds escapes.
func unquote(chars []byte) (s string, ok bool) {
	quoted := make([]byte, 0, len(chars)+2)
	quoted = append(quoted, '"')
	quoted = append(quoted, chars...)
	quoted = append(quoted, '"')
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}

// appendJSONString appends s as a JSON string.
func appendJSONString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s) // a string always marshals
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
