package coatcheck

import "strings"

// Bounds of what one request may make us look at.
const (
	maxCandidates = 4    // cookies of our name
	maxCookies    = 3000 // cookies of any name, as in net/http
)

// candidates are the tokens that a request presents: well-formed ones only,
// each once.
type candidates struct {
	tokens [maxCandidates]Token
	n      int
	named  int    // cookies of our name, whatever their value
	fault  string // what was wrong with the last malformed one
}

// scan reads the Cookie header lines (RFC 6265bis, section 5.8.3) for cookies
// of our name without allocating. Order means nothing: whoever can set a
// cookie for a sibling domain or a longer path decides it.
func (c *cookieCarrier) scan(lines []string) (found candidates) {
	cookies := 0
	for _, line := range lines {
		for line != "" {
			if cookies++; cookies > maxCookies {
				return candidates{named: found.named, fault: "too many cookies"}
			}
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, value, _ := strings.Cut(trimSpace(pair), "=")
			if name == c.name {
				found.add(value)
			}
		}
	}
	if found.named > maxCandidates {
		return candidates{named: found.named, fault: "too many duplicates"}
	}
	return found
}

func (f *candidates) add(value string) {
	if f.named++; f.named > maxCandidates {
		return
	}
	if fault := tokenFault(value); fault != "" {
		f.fault = fault
		return
	}
	for _, t := range f.tokens[:f.n] {
		if string(t) == value {
			return
		}
	}
	f.tokens[f.n] = Token(value)
	f.n++
}

// trimSpace cuts off blanks and tabs, and nothing else: a name preceded by
// another kind of white space is another name.
func trimSpace(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
