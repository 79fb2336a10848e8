package coatcheck

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// decodeFast decodes JSON of the commonest types without reflection. It
// returns false for any other type and for any form that it is not sure of,
// which encoding/json then judges.
func decodeFast[T any](raw []byte, v *T) bool {
	switch p := any(v).(type) {
	case *string:
		return decodeString(raw, p)
	case *int:
		n, ok := decodeInt(raw)
		if ok && n >= math.MinInt && n <= math.MaxInt {
			*p = int(n)
			return true
		}
	case *int64:
		n, ok := decodeInt(raw)
		if ok {
			*p = n
		}
		return ok
	case *bool:
		*p = string(raw) == "true"
		return *p || string(raw) == "false"
	}
	return false
}

func decodeString(raw []byte, s *string) bool {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return false
	}
	raw = raw[1 : len(raw)-1]
	for _, c := range raw {
		if c < 0x20 || c == '\\' || c == '"' {
			return false
		}
	}
	if !utf8.Valid(raw) {
		return false
	}
	*s = string(raw)
	return true
}

// decodeInt reads an integer of up to 18 digits, which cannot overflow.
func decodeInt(raw []byte) (n int64, ok bool) {
	negative := len(raw) > 0 && raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	if len(raw) == 0 || len(raw) > 18 || raw[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// encodeFast appends the JSON of the commonest types to b, just as
// encoding/json would write it.
func encodeFast[T any](b []byte, v *T) ([]byte, bool) {
	switch p := any(v).(type) {
	case *string:
		if n := len(*p) + 2; n > cap(b) {
			b = make([]byte, 0, n)
		}
		return appendJSONString(b, *p), true
	case *int:
		return strconv.AppendInt(b, int64(*p), 10), true
	case *int64:
		return strconv.AppendInt(b, *p, 10), true
	case *bool:
		return strconv.AppendBool(b, *p), true
	}
	return nil, false
}
