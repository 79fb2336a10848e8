package lint

import (
	"bytes"
	"regexp"
)

// marks are notes to oneself: finish the thing, or write it down elsewhere.
var marks = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b|\b(not|un)[ -]?implemented\b`)

// checkOpen reports comments that leave something open.
func checkOpen(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		for _, group := range g.syntax.Comments {
			for _, c := range group.List {
				if m := marks.FindString(c.Text); m != "" {
					report(g.path, g.line(c.Pos()), "%s: left open", m)
				}
			}
		}
	}
}

// strays are words that mean something on one machine or to one team only. A
// reader of the code has neither.
var strays = []*regexp.Regexp{
	regexp.MustCompile(`(?m)(?:^|[\s"'` + "`" + `(=:])/(?:work|home|root|Users)/`),
	regexp.MustCompile(`\.\./shared\b|\bshared/[A-Za-z/]+\.md`),
	regexp.MustCompile(`(?i)\bissue #?[0-9]+`),
}

// checkWords reports paths of somebody's machine, and numbers of a tracker
// that the reader may not have.
func checkWords(t *tree, report reportFunc) {
	for _, f := range t.files {
		for _, re := range strays {
			for _, at := range re.FindAllIndex(f.src, -1) {
				line := 1 + bytes.Count(f.src[:at[0]+1], []byte("\n"))
				report(f.path, line, "%q says something only to us", f.src[at[0]:at[1]])
			}
		}
	}
}
