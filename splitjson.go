package coatcheck

import (
	"bytes"
	"errors"
	"math"
)

// Faults that splitJSON finds (RFC 8259). They name no content.
var (
	errNotObject   = errors.New("data is not a JSON object")
	errBadMember   = errors.New("a member is malformed")
	errBadKey      = errors.New("a key is malformed or too long")
	errTooDeep     = errors.New("a value is nested too deeply")
	errAfterObject = errors.New("something follows the object")
)

// splitJSON indexes a JSON object in one pass without allocating for up to
// ten members. It finds where every value ends; whether a number or an
// escape inside a value is well-formed shows when the value is decoded.
func (f *fields) splitJSON(data []byte, maxKeys int) error {
	f.reset()
	f.buf = data
	if len(data) > math.MaxInt32 {
		return errNotObject
	}
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return errNotObject
	}
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == '}' {
		return f.end(i + 1)
	}
	var seen names
	for {
		e, end, err := member(data, i)
		if err != nil {
			return err
		}
		if err := f.add(e, &seen, maxKeys); err != nil {
			return err
		}
		i = skipSpace(data, end)
		if i == len(data) {
			return errNotObject
		}
		if data[i] == '}' {
			return f.end(i + 1)
		}
		if data[i] != ',' {
			return errBadMember
		}
		i = skipSpace(data, i+1)
	}
}

// end checks that only space follows the object.
func (f *fields) end(i int) error {
	if skipSpace(f.buf, i) != len(f.buf) {
		return errAfterObject
	}
	return nil
}

// member reads a key, a colon and a value, beginning at the key's quote, and
// returns the index behind them.
func member(data []byte, i int) (e field, end int, err error) {
	if i == len(data) || data[i] != '"' {
		return e, 0, errBadKey
	}
	close, esc := keyEnd(data, i+1)
	// An escaped key may be up to six times as long as its name.
	if close < 0 || close-(i+1) > 6*maxKeyLen {
		return e, 0, errBadKey
	}
	e.key, e.keyEnd = uint32(i+1), uint32(close)
	if esc {
		e.keyEnd |= escaped
	}
	i = skipSpace(data, close+1)
	if i == len(data) || data[i] != ':' {
		return e, 0, errBadMember
	}
	end, err = valueEnd(data, skipSpace(data, i+1))
	return e, end, err
}

// add appends a member whose key is new.
func (f *fields) add(e field, seen *names, maxKeys int) error {
	name := f.buf[e.key:e.to()]
	if e.keyEnd&escaped != 0 {
		unquoted, ok := unquote(name)
		if !ok {
			return errBadKey
		}
		name = []byte(unquoted)
	}
	if seen.twice(f, name) {
		return errTwiceKey
	}
	if len(f.list) >= maxKeys {
		return errTooManyKeys
	}
	f.list = append(f.list, e)
	return nil
}

// keyEnd returns the index of the quote that closes a key, or -1, and whether
// the key has escapes. Keys are short, so it goes byte by byte.
func keyEnd(data []byte, i int) (close int, esc bool) {
	for i < len(data) {
		switch c := data[i]; {
		case plainKey[c]:
			i++
		case c == '"':
			return i, esc
		case c == '\\':
			esc = true
			i += 2
		default:
			return -1, esc
		}
	}
	return -1, esc
}

// plainKey are the bytes that may stand in a key and mean themselves.
var plainKey = setOf(func(c byte) bool { return c >= 0x20 && c != '"' && c != '\\' })

// stringEnd returns the index behind the quote that closes a string whose
// content begins at i, or 0.
func stringEnd(data []byte, i int) int {
	n := bytes.IndexByte(data[i:], '"')
	if n < 0 {
		return 0
	}
	if n > 0 && data[i+n-1] == '\\' {
		return escapedEnd(data, i, i+n)
	}
	return i + n + 1
}

// escapedEnd is stringEnd for a string with escapes. The quote at i may close
// it: that counts unless an odd number of backslashes stands before it.
func escapedEnd(data []byte, start, i int) int {
	for {
		slashes := 0
		for j := i - 1; j >= start && data[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
		n := bytes.IndexByte(data[i+1:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
	}
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(data []byte, i int) (int, error) {
	if i == len(data) {
		return 0, errBadMember
	}
	switch data[i] {
	case '"':
		if end := stringEnd(data, i+1); end > 0 {
			return end, nil
		}
		return 0, errBadMember
	case '{', '[':
		return nestedEnd(data, i)
	}
	end := i
	for end < len(data) && literal[data[end]] {
		end++
	}
	if end == i {
		return 0, errBadMember
	}
	return end, nil
}

// nestedEnd matches brackets, skipping strings.
func nestedEnd(data []byte, i int) (int, error) {
	var open [maxDepth / 8]byte // one bit for each level: 1 is an object
	for depth := 0; i < len(data); {
		switch c := data[i]; c {
		case '"':
			if i = stringEnd(data, i+1); i == 0 {
				return 0, errBadMember
			}
			continue
		case '{', '[':
			if depth == maxDepth {
				return 0, errTooDeep
			}
			open[depth/8] &^= 1 << (depth % 8)
			if c == '{' {
				open[depth/8] |= 1 << (depth % 8)
			}
			depth++
		case '}', ']':
			depth--
			if object := open[depth/8]>>(depth%8)&1 == 1; object != (c == '}') {
				return 0, errBadMember
			}
			if depth == 0 {
				return i + 1, nil
			}
		}
		i++
	}
	return 0, errBadMember
}

// literal are the bytes of numbers, true, false and null.
var literal = setOf(func(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
})

func skipSpace(data []byte, i int) int {
	for i < len(data) && data[i] <= ' ' && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// trimSpaceEnd returns the index behind the last byte before i that is not
// space.
func trimSpaceEnd(data []byte, i int) int {
	for i > 0 && data[i-1] <= ' ' && (data[i-1] == ' ' || data[i-1] == '\n' || data[i-1] == '\t' || data[i-1] == '\r') {
		i--
	}
	return i
}
