package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/coatcheck/coatcheck/bench/load"
)

// bareText is what the read pages of the servers without sessions reply.
const bareText = load.NoName

// The cookie that the servers without sessions set, so that they get the same
// requests as those with: it is as long as ours.
const (
	bareCookieName  = "__Host-id"
	bareCookieValue = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
)

// openBare opens net/http without sessions: the handler that costs are
// measured over.
func openBare(setup) (site, error) {
	return &httpSite{handler: barePages()}, nil
}

// barePages returns handlers that write what the others write.
func barePages() pageMux {
	var count atomic.Int64
	text := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text) }
	}
	return pageMux{
		nopPage:    text("ok"),
		readPage:   text(bareText),
		structPage: text(plan),
		seedPage: func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: bareCookieName, Value: bareCookieValue})
			_, _ = io.WriteString(w, "ok")
		},
		countPage: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strconv.Itoa(int(count.Add(1))))
		},
	}
}

// openFloor opens net/http with the least that any middleware does that
// hands something to its handlers.
func openFloor(setup) (site, error) {
	type key struct{}
	next, value := barePages(), new(int)
	return &httpSite{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, value)))
	})}, nil
}
