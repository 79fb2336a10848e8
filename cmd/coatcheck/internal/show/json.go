package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// JSON returns v as one line of JSON without its end. Characters that a
// terminal would obey, which JSON allows in strings, are escaped there.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return tame(bytes.TrimRight(b.Bytes(), "\n")), nil
}

// tame escapes what is not printable, and puts U+FFFD in the place of bytes that
// are no UTF-8, which raw JSON may bring. Outside of strings JSON has nothing of
// that kind, once the encoder has taken out the white space.
func tame(line []byte) []byte {
	if !bytes.ContainsFunc(line, unprintable) {
		return line
	}
	out := make([]byte, 0, len(line)+16)
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError: // itself, or a byte that a terminal may take for a control character
			out = append(out, `\ufffd`...)
		case !unprintable(r):
			out = append(out, line[:n]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		line = line[n:]
	}
	return out
}

// unprintable reports whether r may not stand for itself in JSON.
func unprintable(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }
