package demo

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/coatcheck/coatcheck"
)

// A visitor is a tool with its session and what it asks for.
type visitor struct {
	s     *coatcheck.Session
	query query
}

// receive checks what a tool sent and finds its session.
func (site *Site) receive(r *http.Request) (*visitor, error) {
	if site.crossSite(r) {
		return nil, &complaint{http.StatusForbidden, "This request came from another site, so it was refused."}
	}
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		return nil, err
	}
	return &visitor{s, q}, nil
}

// tool returns the handler of a route for tools: do returns the answer.
func (site *Site) tool(do func(*http.Request, *visitor) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := site.receive(r)
		var answer string
		if err == nil {
			answer, err = do(r, v)
		}
		if err != nil {
			decline(w, r, err)
			return
		}
		text(w)
		io.WriteString(w, answer)
	})
}

// decline answers a tool's request that failed, in one line.
func decline(w http.ResponseWriter, r *http.Request, err error) {
	c := (*complaint)(nil)
	switch {
	case errors.As(err, &c):
		plain(w, c)
	case errors.Is(err, coatcheck.ErrTooLarge):
		plain(w, &complaint{http.StatusRequestEntityTooLarge, "The session would be larger than a session may be. Nothing was changed."})
	case errors.Is(err, coatcheck.ErrDecode):
		plain(w, &complaint{http.StatusConflict, "The key holds another kind of value. Nothing was changed."})
	default:
		coatcheck.Error(w, r, err)
	}
}

// text announces an answer in plain text.
func text(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
}

// line formats an answer of one line.
func line(format string, args ...any) string { return fmt.Sprintf(format, args...) + "\n" }

// nop touches no session.
func nop(w http.ResponseWriter, _ *http.Request) {
	text(w)
	io.WriteString(w, "ok\n")
}
