package manual

import "strings"

// section writes a title and a text: paragraphs with empty lines between them,
// of which those that begin with spaces stand as they are.
func section(b *strings.Builder, title, text string) {
	b.WriteString(".SH " + quoted(title) + "\n")
	for i, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		exact := false
		for line := range strings.SplitSeq(paragraph, "\n") {
			if indented := strings.HasPrefix(line, "  "); indented != exact {
				exact = indented
				b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[exact])
			}
			b.WriteString(escaped(line) + "\n")
		}
		if exact {
			b.WriteString(".fi\n")
		}
	}
}

// item writes a word and what it means, set in.
func item(b *strings.Builder, head, text string) {
	b.WriteString(".TP\n.B " + escaped(head) + "\n" + escaped(text) + "\n")
}

// escaped returns a line that man takes for text, whatever is in it.
func escaped(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}

// quoted returns an argument of a line that is no text.
func quoted(s string) string { return `"` + strings.ReplaceAll(escaped(s), `"`, `\(dq`) + `"` }
