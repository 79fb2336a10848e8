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

// find returns the index of a key, or -1. It compares in place, lengths and
// first bytes before all else.
func (f *fields) find(name string) int {
	n, first := uint32(len(name)), byte(0)
	if n > 0 {
		first = name[0]
	}
	buf := f.buf
	for i := range f.list {
		e := &f.list[i]
		if e.keyEnd-e.key != n || n > 0 && buf[e.key] != first {
			continue // so does every key with escapes
		}
		if string(buf[e.key:e.keyEnd]) == name {
			return i
		}
	}
	return f.findEscaped(name)
}

// findEscaped is find among the keys with escapes.
func (f *fields) findEscaped(name string) int {
	for i := range f.list {
		if f.list[i].keyEnd&escaped != 0 && f.key(i) == name {
			return i
		}
	}
	return -1
}

// reset points f at no data.
func (f *fields) reset() { f.buf, f.list = nil, f.inline[:0] }

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
	var seen names
	return codec.Split(data, func(key, value []byte) error {
		switch {
		case len(f.list) >= maxKeys:
			return errTooManyKeys
		case len(f.buf)+len(key)+len(value) > math.MaxInt32:
			return errTooMuch
		case seen.twice(f, key):
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
	if !isPlain(s) {
		q, _ := json.Marshal(s) // a string always marshals
		return append(b, q...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// jsonSize is an upper bound of what appendJSONString appends.
func jsonSize(s string) int {
	if isPlain(s) {
		return len(s) + 2
	}
	return 6*len(s) + 2
}

// isPlain reports whether encoding/json writes every character of s as it is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}
