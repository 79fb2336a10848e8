package coatcheck

import "strings"

// sealedCookies are the cookies of sealed sessions that a request carries.
type sealedCookies struct {
	values [maxCandidates]string // of our name, each once
	n      int
	named  int // cookies of our name, whatever their value
	chunks [maxChunks]string
	has    [maxChunks]bool
	fault  string
}

// readSealed reads the Cookie header lines, as scan does.
func (c *cookieCarrier) readSealed(lines []string) (f sealedCookies) {
	cookies := 0
	for _, line := range lines {
		for line != "" {
			if cookies++; cookies > maxCookies {
				return sealedCookies{named: f.named, fault: "too many cookies"}
			}
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, value, _ := strings.Cut(trimSpace(pair), "=")
			if name == c.name {
				f.add(value)
			} else if i := c.chunkOf(name); i > 0 {
				f.addChunk(i, value)
			}
		}
	}
	return f
}

func (f *sealedCookies) add(value string) {
	if f.named++; f.named > maxCandidates {
		return
	}
	for _, known := range f.values[:f.n] {
		if known == value {
			return
		}
	}
	f.values[f.n] = value
	f.n++
}

// addChunk notes a chunk. Of two that differ nobody knows which is ours.
func (f *sealedCookies) addChunk(i int, value string) {
	if f.has[i] && f.chunks[i] != value {
		f.fault = reasonAmbiguous
	}
	f.has[i], f.chunks[i] = true, value
}

// scanSealed is scan for sealed sessions: it puts tokens together.
func (c *cookieCarrier) scanSealed(lines []string) (found candidates) {
	f := c.readSealed(lines)
	found.named = f.named
	switch {
	case f.named > maxCandidates:
		found.fault = "too many duplicates"
		return found
	case f.n == 0:
		if f.fault != reasonAmbiguous { // chunks without their head are nobody's
			found.fault = f.fault
		}
		return found
	}
	for _, value := range f.values[:f.n] {
		token, fault := c.join(&f, value)
		if fault != "" {
			found.fault = fault
			continue
		}
		found.tokens[found.n] = token
		found.n++
	}
	return found
}

// join returns the token that begins with the value of the cookie itself.
func (c *cookieCarrier) join(f *sealedCookies, value string) (Token, string) {
	switch {
	case value == "", len(value) > maxCookie:
		return "", "length"
	case len(value) == tokenLen && c.beside:
		return Token(value), tokenFault(value)
	case len(value) < markWidth || value[1] != chunkMark:
		return Token(value), ""
	case f.fault != "":
		return "", f.fault
	}
	n := int(value[0]) - '0'
	if n < 2 || n > c.chunks {
		return "", reasonChunks
	}
	parts := make([]string, 1, n)
	parts[0] = value[markWidth:]
	for i := 1; i < n; i++ {
		switch {
		case !f.has[i], f.chunks[i] == "":
			return "", reasonChunks
		case len(f.chunks[i]) > maxCookie:
			return "", "length"
		}
		parts = append(parts, f.chunks[i])
	}
	token := Token(strings.Join(parts, ""))
	if len(token) == tokenLen && c.beside {
		return "", reasonChunks // a stored session's token takes one cookie
	}
	return token, ""
}
