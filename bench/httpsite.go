package main

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// An httpSite serves pages on net/http. Its probe shares the handler.
type httpSite struct {
	handler http.Handler
	free    func() error // may be nil
}

func (s *httpSite) serve(ln net.Listener) error {
	return (&http.Server{Handler: s.handler}).Serve(ln)
}

func (s *httpSite) close() error {
	if s.free == nil {
		return nil
	}
	return s.free()
}

func (s *httpSite) probe(page, cookie string) probe {
	p := &httpProbe{handler: s.handler, reply: recorder{header: make(http.Header, 8)}}
	p.base = http.Request{
		Method: http.MethodGet, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host: "127.0.0.1", RemoteAddr: "127.0.0.1:4242", RequestURI: page,
		Header: http.Header{}, Body: http.NoBody,
	}
	path, query, _ := strings.Cut(page, "?")
	p.base.URL = &url.URL{Path: path, RawQuery: query}
	if cookie != "" {
		p.base.Header.Set("Cookie", cookie)
	}
	return p
}

// plainText is the type of all pages, as gin and fiber say by themselves:
// without it net/http would guess.
var plainText = []string{"text/plain; charset=utf-8"}

// A pageMux finds the handler of a path. It costs next to nothing, so that
// the figures are the session's.
type pageMux map[string]http.HandlerFunc

func (m pageMux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if page, ok := m[r.URL.Path]; ok {
		w.Header()["Content-Type"] = plainText
		page(w, r)
		return
	}
	http.NotFound(w, r)
}

// examine adds the pages made of a session's verbs.
func (m pageMux) examine(g *gate, open func(http.ResponseWriter, *http.Request) (session, error)) {
	for path, page := range examiningPages(g) {
		m[path] = func(w http.ResponseWriter, r *http.Request) {
			page(&httpExchange{w: w, r: r, open: open})
		}
	}
}

// An httpExchange is an [exchange] on net/http.
type httpExchange struct {
	w    http.ResponseWriter
	r    *http.Request
	open func(http.ResponseWriter, *http.Request) (session, error)
}

func (x *httpExchange) session() (session, error)  { return x.open(x.w, x.r) }
func (x *httpExchange) param(name string) string   { return x.r.URL.Query().Get(name) }
func (x *httpExchange) write(text string)          { _, _ = x.w.Write([]byte(text)) }
func (x *httpExchange) flush()                     { _ = http.NewResponseController(x.w).Flush() }
func (x *httpExchange) fail(status int, err error) { http.Error(x.w, err.Error(), status) }
