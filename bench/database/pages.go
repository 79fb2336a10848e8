package main

import (
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// pages are the handlers of a site by path. Finding one costs next to
// nothing, so that the figures are the session's.
type pages map[string]http.HandlerFunc

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if page, ok := p[r.URL.Path]; ok {
		page(w, r)
		return
	}
	http.NotFound(w, r)
}

// pageNames are the columns of the table, with their titles.
var (
	pageNames  = []string{load.NopPage, load.ReadPage, load.CountPage}
	pageTitles = map[string]string{load.NopPage: "untouched", load.ReadPage: "read", load.CountPage: "count and save"}
)

// seedValues are the keys that a session of ten begins with, besides the
// visitor's name and the count.
func seedValues() map[string]any {
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
