package show

import (
	"strings"
)

// wrap breaks the lines of text between words, so that each fits so many columns
// if its words do. 0 columns are no limit.
func wrap(text string, columns int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if columns > 0 && width(line) > columns {
			lines[i] = fold(line, columns)
		}
	}
	return strings.Join(lines, "\n")
}

// fold breaks one line.
func fold(line string, columns int) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(line, " ") {
		n := width(word)
		switch {
		case i == 0:
		case at+1+n > columns:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// leastProse is how narrow prose may be. Where less is left beside what stands
// before it, it gets lines of its own.
const leastProse = 30

// hang breaks prose that begins behind so many columns of a line.
func hang(text string, columns, before int) string {
	begin := ""
	if columns-before < leastProse && width(text) > columns-before && strings.Contains(text, " ") {
		before = min(4, columns/4)
		begin = "\n" + strings.Repeat(" ", before)
	}
	return begin + strings.ReplaceAll(wrap(text, columns-before), "\n", "\n"+strings.Repeat(" ", before))
}
