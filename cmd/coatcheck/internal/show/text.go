package show

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with everything escaped, as in a Go string, that is not plain
// printable text: control characters, which a terminal would obey, characters
// that turn the direction of writing, and bytes that are no UTF-8. Backslashes
// are doubled, so that two strings never look the same.
func Text(s string) string {
	if !strings.ContainsFunc(s, needsEscape) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0])|0x100, 16)[1:])
		case needsEscape(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// Line returns a message of ours for the terminal: what it may quote of others
// cannot move the cursor. Unlike [Text] it leaves backslashes alone.
func Line(s string) string {
	return strings.ReplaceAll(Text(s), `\\`, `\`)
}

// needsEscape reports whether r may not stand for itself.
func needsEscape(r rune) bool { return r == '\\' || r != '�' && !strconv.IsPrint(r) }

// Owner returns an owner as tables show it. Nobody is a dash, so an owner of
// that name is quoted.
func Owner(owner string) string {
	switch owner {
	case "":
		return "-"
	case "-":
		return `"-"`
	}
	return Text(owner)
}

// width returns how many columns a terminal needs for s, which is printable.
func width(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth returns how many columns r takes: none if it joins the one before,
// two for the scripts of East Asia and for pictures.
func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// cut shortens s to n columns, with an ellipsis in the place of the rest.
func cut(s string, n int) string {
	if width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if w := runeWidth(r); used+w > n-1 {
			return s[:i] + "…"
		} else {
			used += w
		}
	}
	return s
}
