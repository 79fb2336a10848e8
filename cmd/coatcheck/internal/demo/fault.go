package demo

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A fault is what the fault page tells.
type fault struct {
	Status int
	Title  string
	Text   string
	Afresh bool // offer to throw the session away
}

// fault answers a request whose session could not be loaded or saved: it is
// the manager's ErrorHandler. Tools get the library's plain line.
func (site *Site) fault(w http.ResponseWriter, r *http.Request, err error) {
	if !wantsPage(r) {
		coatcheck.DefaultErrorHandler(w, r, err)
		return
	}
	if flood := (*coatcheck.FloodError)(nil); errors.As(err, &flood) {
		w.Header().Set("Retry-After", strconv.Itoa(int(flood.RetryAfter/time.Second)+1))
	}
	site.show(w, r, explain(err))
}

// explain puts an error of the library into a visitor's words.
func explain(err error) fault {
	large, flood := (*http.MaxBytesError)(nil), (*coatcheck.FloodError)(nil)
	switch {
	case errors.As(err, &large):
		return fault{http.StatusRequestEntityTooLarge, "That did not work", "That form is longer than any of ours.", false}
	case errors.As(err, &flood) && !flood.Total:
		return fault{http.StatusTooManyRequests, "One coat at a time, please",
			"Too many new sessions were begun from your network in a short time, so this one was not. Those that are there go on. Please try again in a while.", false}
	case errors.Is(err, coatcheck.ErrGone):
		return fault{http.StatusConflict, "That ticket has been handed in",
			"Your session ended, or got a new ticket, while this request was under way. Nothing of this request was saved, and nothing was brought back to life.", false}
	case errors.Is(err, coatcheck.ErrTooLarge):
		return fault{http.StatusRequestEntityTooLarge, "That coat is too heavy",
			"The session would be larger than a session may be. Nothing was changed.", true}
	case errors.Is(err, coatcheck.ErrDecode):
		return fault{http.StatusInternalServerError, "There is something else in that pocket",
			"The session holds another kind of value where this page keeps its own; the library leaves it as it is. A tool may have put it there by /set.", true}
	case errors.Is(err, coatcheck.ErrFull):
		return fault{http.StatusServiceUnavailable, "Every hook is taken",
			"The store has no room for another session right now. Please try again in a while.", false}
	}
	return fault{http.StatusServiceUnavailable, "The cloakroom is closed for a moment",
		"The store with the sessions does not answer. Nobody is logged out by that: rather than take you for a stranger, this page says so. Please try again.", false}
}

// refuse answers a request that its client must mend.
func (site *Site) refuse(w http.ResponseWriter, r *http.Request, c *complaint) {
	if !wantsPage(r) {
		plain(w, c)
		return
	}
	site.show(w, r, fault{c.status, "That did not work", c.text, false})
}

// lost answers requests for pages that do not exist.
func (site *Site) lost(w http.ResponseWriter, r *http.Request) {
	if !wantsPage(r) {
		plain(w, &complaint{http.StatusNotFound, "There is nothing here."})
		return
	}
	site.show(w, r, fault{http.StatusNotFound, "Nothing hangs on this hook", "There is no such page.", false})
}

// show sends a fault as a page. It touches no session: there may be none to
// be had.
//
// Where the page has to hand the ticket on, it takes what is at hand: a
// session that could not be born has none, and fails those who ask for it.
func (site *Site) show(w http.ResponseWriter, r *http.Request, f fault) {
	v := &view{Title: f.Title, Body: f, carrier: site.carrier}
	if v.Form() || v.URL() {
		if s, err := coatcheck.FromContext(r.Context()); err == nil {
			if s.Token() != "" {
				v.s = s
			}
		} else if r.ParseForm() == nil {
			v.shown = r.PostForm.Get(ticketField)
		}
	}
	site.send(w, f.Status, "fault", v)
}

// plain sends a complaint as a line.
func plain(w http.ResponseWriter, c *complaint) { http.Error(w, c.text, c.status) }

// wantsPage reports whether the client is a browser rather than a tool.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
