// Package pages is one small site on each of several session libraries: the
// pages of package load, hand-written in the style of each one's documentation,
// on a store that the caller chooses.
package pages

import (
	"net"
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// Names returns the pages that are measured, in the order of their columns.
func Names() []string { return []string{load.NopPage, load.ReadPage, load.CountPage} }

// Title returns the head of a page's column.
func Title(page string) string {
	return map[string]string{load.NopPage: "untouched", load.ReadPage: "read", load.CountPage: "count and save"}[page]
}

// Titles returns the heads of all columns.
func Titles() []string {
	heads := make([]string, len(Names()))
	for i, page := range Names() {
		heads[i] = Title(page)
	}
	return heads
}

// A mux finds the handler of a path. It costs next to nothing, so that the
// figures are the session's.
type mux map[string]http.HandlerFunc

// plainText is the type of all pages, as fiber says by itself: without it
// net/http would guess.
var plainText = []string{"text/plain; charset=utf-8"}

func (m mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if page, ok := m[r.URL.Path]; ok {
		w.Header()["Content-Type"] = plainText
		page(w, r)
		return
	}
	http.NotFound(w, r)
}

// Serve returns a function that serves h on a listener until that is closed.
func Serve(h http.Handler) func(net.Listener) error {
	return func(ln net.Listener) error { return (&http.Server{Handler: h}).Serve(ln) }
}

// Values are the keys that a session of ten begins with, besides "name", the
// visitor's, and "count".
func Values() map[string]any {
	return map[string]any{
		"email":  "visitor@example.com",
		"locale": "en-GB",
		"theme":  "dark",
		"nonce":  "pBpVeo7HEcAvVJmIMh0Tkw",
		"plan":   "premium",
		"admin":  true,
		"visits": 17,
		"since":  time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
	}
}

// failed replies to a request that went wrong.
func failed(w http.ResponseWriter, err error) bool {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return err != nil
}
