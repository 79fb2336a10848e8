package coatcheck

import (
	"net/http"
	"strings"
)

// A headerWay carries tokens in a header.
type headerWay struct {
	name   string // in requests
	answer string // in responses
	bearer bool   // the scheme stands before the token
}

func (w headerWay) look(v *visit) (found candidates, asks bool, err error) {
	value, times := w.scan(v.request.Header[w.name])
	found, asks = v.alone(value, times)
	return found, asks, nil
}

// scan returns what the header holds, and how many times. Lines of other
// schemes are not ours.
func (w headerWay) scan(lines []string) (value string, times int) {
	for _, line := range lines {
		line = trimSpace(line)
		if w.bearer {
			var scheme string
			scheme, line, _ = strings.Cut(line, " ")
			if !strings.EqualFold(scheme, "Bearer") {
				continue
			}
			line = trimSpace(line)
		}
		value = line
		times++
	}
	return value, times
}

func (w headerWay) put(h http.Header, token Token) { h[w.answer] = []string{string(token)} }
func (w headerWay) clear(h http.Header)            { h[w.answer] = []string{""} }
func (w headerWay) varies() string                 { return w.name }
func (w headerWay) inPage() bool                   { return false }
