package main

import (
	"fmt"
	"net/url"
	"strings"
)

// cursorText is a cursor of a list as messages name it: one word in every shell,
// whatever is in it. Those of a ring have blanks.
func cursorText(cursor string) string {
	var b strings.Builder
	for i := range len(cursor) {
		switch c := cursor[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("-._:/+=@,", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// cursorOf reads a cursor, as messages name it or as --json prints it, which is
// as it is.
func cursorOf(text string) string {
	if strings.ContainsAny(text, " \t") {
		return text
	}
	if cursor, err := url.PathUnescape(text); err == nil {
		return cursor
	}
	return text
}
