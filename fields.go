package coatcheck

import (
	"encoding/json"
	"errors"
	"math"
)

// A field is one key inside fields.buf: the offsets of its first character and
// behind its last. Its value lies between it and the next key, so that two small
// numbers are enough and the first few fields fit into the session itself.
type field struct {
	key, keyEnd uint32
}

const (
	// escaped marks, in field.keyEnd, a key that contains a backslash.
	escaped = 1 << 31

	// bare marks, in field.key, a member of another container than JSON: its
	// value follows the key at once, and the next key the value.
	bare = 1 << 31
)

// from and to are the offsets of the key.
func (e field) from() uint32 { return e.key &^ bare }
func (e field) to() uint32   { return e.keyEnd &^ escaped }

// plain reports whether the key stands in a JSON object as it is.
func (e field) plain() bool { return (e.key|e.keyEnd)&(bare|escaped) == 0 }

// fields is the index of one record's data: where each key and value is. It
// is made once when the record is loaded; values are decoded when asked for.
type fields struct {
	buf    []byte
	list   []field
	inline [fewFields]field
}

// fewFields is how many fields take no allocation of their own.
const fewFields = 10

// Bounds that no data passes, whatever Options say.
const (
	greatestKeys = 1 << 20
	maxKeyLen    = 128 // bytes of a key's name
	maxDepth     = 512 // nesting of a JSON value
)

func (f *fields) key(i int) string {
	e := f.list[i]
	name := f.buf[e.from():e.to()]
	if e.keyEnd&escaped == 0 {
		return string(name)
	}
	unquoted, _ := unquote(name)
	return unquoted
}

// value returns the encoded value of member i.
func (f *fields) value(i int) []byte {
	from, to := int(f.list[i].to()), f.behind(i)
	if f.list[i].key&bare == 0 {
		from = skipSpace(f.buf, skipSpace(f.buf, from+1)+1) // over the quote and the colon
	}
	return f.buf[from:to:to]
}

// behind returns the offset behind the value of member i. In JSON a comma
// stands between it and the quote of the next key, or a brace behind the last
// one, and maybe space around them; no value ends in any of these.
func (f *fields) behind(i int) int {
	to := len(f.buf)
	if i+1 < len(f.list) {
		to = int(f.list[i+1].from())
	}
	if f.list[i].key&bare != 0 {
		return to
	}
	if i+1 < len(f.list) {
		to--
	}
	return trimSpaceEnd(f.buf, trimSpaceEnd(f.buf, to)-1)
}

// find returns the index of a key, or -1. It compares in place, lengths and
// first bytes before all else.
func (f *fields) find(name string) int {
	n, first := uint32(len(name)), byte(0)
	if n > 0 {
		first = name[0]
	}
	buf := f.buf
	for i := range f.list {
		e := f.list[i]
		if e.keyEnd-e.key != n || n > 0 && buf[e.key] != first {
			continue // so does every key that is not plain
		}
		if string(buf[e.key:e.keyEnd]) == name {
			return i
		}
	}
	return f.findOdd(name)
}

// findOdd is find among the keys that are not plain.
func (f *fields) findOdd(name string) int {
	for i, e := range f.list {
		switch {
		case e.plain():
		case e.keyEnd&escaped != 0:
			if f.key(i) == name {
				return i
			}
		case string(f.buf[e.from():e.to()]) == name:
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
		e := field{key: uint32(len(f.buf)) | bare}
		f.buf = append(f.buf, key...)
		e.keyEnd = uint32(len(f.buf))
		f.buf = append(f.buf, value...)
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
