package main

import (
	"strings"
	"testing"
)

// TestCursorText: a cursor in a message is one word that no shell changes, and is
// read as what it was; so is one that is as it is.
func TestCursorText(t *testing.T) {
	for _, cursor := range []string{"", "l54ef-9_a.b:c", "a  l8000", "a b\tc l80", "it's", "$HOME; `ls` & \\", "50%", "é\x00\xff", "a+b"} {
		text := cursorText(cursor)
		if strings.ContainsAny(text, " \t\n'\"\\$`;&|<>()*?[]#~!{}") {
			t.Errorf("%q is %s", cursor, text)
		}
		if got := cursorOf(text); got != cursor {
			t.Errorf("%q is %s, which is read as %q", cursor, text, got)
		}
	}
	for _, cursor := range []string{"l54ef-9_a.b:c", "a  l8000", "a% 20 l8", "50%"} {
		if got := cursorOf(cursor); got != cursor {
			t.Errorf("%q is read as %q", cursor, got)
		}
	}
}
