package coatcheck

import (
	"fmt"
	"net/http"
	"strings"
)

// A sealed session's token may be longer than a cookie. Then it is spread over
// several: the value of the cookie itself begins with their number and '~',
// the others are called NAME~1, NAME~2 and so on. No token holds a '~'. That
// all belong together needs no mark: what was put together wrongly does not open.
const (
	maxChunks = 8
	chunkMark = '~'
	markWidth = 2 // of "N~" in a value, and of "~N" in a name
)

// sealedAttributes returns what follows the value of a session's cookie.
func (s *Session) sealedAttributes(rec *Record, md *meta) string {
	if md.persistent {
		return s.m.cookie.attrs + maxAge(rec.Deadline.Sub(s.m.opts.Now()))
	}
	return s.m.cookie.attrs
}

// parts returns how many cookies a token takes, and how much of it each holds.
// Some browsers count the attributes, too.
func (c *cookieCarrier) parts(token Token, attrs string) (n, room int) {
	if len(c.prefix)+len(token)+len(attrs) <= maxCookie {
		return 1, len(token)
	}
	room = max(maxCookie-len(c.prefix)-markWidth-len(attrs), 1)
	return (len(token) + room - 1) / room, room
}

// fits returns an error unless the cookies that we may set hold the token.
func (c *cookieCarrier) fits(token Token, attrs string) error {
	n, _ := c.parts(token, attrs)
	switch {
	case n <= c.chunks:
		return nil
	case c.chunks == 1:
		return fmt.Errorf("%w: sealed it makes a cookie of %d bytes with its attributes; browsers keep at most %d: keep less in the session, or allow more cookies by Options.Cookie.Chunks",
			ErrTooLarge, len(c.prefix)+len(token)+len(attrs), maxCookie)
	}
	return fmt.Errorf("%w: sealed it takes %d cookies; Options.Cookie.Chunks allows %d", ErrTooLarge, n, c.chunks)
}

// putSealed makes token the cookies that the response sets, and removes those
// of its predecessor that it has no use for.
func (s *Session) putSealed(h http.Header, token Token, attrs string) {
	c := &s.m.cookie
	lines := c.others(h)
	n, room := c.parts(token, attrs)
	if n == 1 {
		lines = append(lines, c.prefix+string(token)+attrs)
	} else {
		lines = append(lines, c.prefix+string(rune('0'+n))+"~"+string(token[:room])+attrs)
		for i := 1; i < n; i++ {
			part := token[i*room : min((i+1)*room, len(token))]
			lines = append(lines, c.chunkName(i)+"="+string(part)+attrs)
		}
	}
	h["Set-Cookie"] = s.dropChunks(lines, n)
}

// clearCookie makes the response remove the session's cookies, or what its
// carrier has in the place of them.
func (s *Session) clearCookie(h http.Header) {
	if w := s.way(); w != nil {
		w.clear(h)
		return
	}
	s.m.cookie.clear(h)
	if s.m.sealing != nil {
		own := h["Set-Cookie"]
		h["Set-Cookie"] = s.dropChunks(append(s.m.cookie.others(h), own[len(own)-1]), 1)
	}
}

// dropChunks appends lines that remove the request's chunks from the n-th on.
func (s *Session) dropChunks(lines []string, n int) []string {
	if s.v == nil {
		return lines
	}
	c := &s.m.cookie
	had := c.readSealed(s.v.request.Header["Cookie"])
	for i := n; i < maxChunks; i++ {
		if had.has[i] {
			lines = append(lines, c.chunkName(i)+"="+c.attrs+expired)
		}
	}
	return lines
}

func (c *cookieCarrier) chunkName(i int) string { return c.name + "~" + string(rune('0'+i)) }

// chunkOf returns which chunk a cookie of that name is, 0 if none.
func (c *cookieCarrier) chunkOf(name string) int {
	if len(name) != len(c.name)+markWidth || name[len(c.name)] != chunkMark || name[:len(c.name)] != c.name {
		return 0
	}
	if i := int(name[len(name)-1]) - '0'; i > 0 && i < maxChunks {
		return i
	}
	return 0
}

// others returns the Set-Cookie lines that are not ours, with room for ours.
func (c *cookieCarrier) others(h http.Header) []string {
	lines := h["Set-Cookie"]
	kept := make([]string, 0, len(lines)+1)
	for _, l := range lines {
		if name, _, _ := strings.Cut(l, "="); name != c.name && c.chunkOf(name) == 0 {
			kept = append(kept, l)
		}
	}
	return kept
}
