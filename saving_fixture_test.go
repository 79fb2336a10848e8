package coatcheck_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

var (
	tcpNote = coatcheck.NewKey[string]("note")
	tcpHits = coatcheck.NewKey[int]("hits")
)

// errTCPStore is how the store of a tcpSite fails when it is told to.
var errTCPStore = errors.New("the disk is on fire")

// A tcpSite is a handler behind a manager behind a real server on a real
// socket, and a browser that keeps its cookies. The fields of the first
// paragraph may be set before it starts.
type tcpSite struct {
	options coatcheck.Options
	outside func(http.Handler) http.Handler // what stands around the manager
	http2   bool
	noisy   bool // net/http may complain about the handler
	plain   bool // the store can do no more than every store must

	*coatcheck.Manager
	t       testing.TB
	store   *coatchecktest.Store
	fail    atomic.Pointer[tcpFault]
	server  *httptest.Server
	wire    tcpListener
	browser *http.Client
	ended   chan struct{} // one value for each request whose handler has returned

	mu     sync.Mutex
	events []coatcheck.Event
	log    bytes.Buffer
	saves  []int64 // bytes on the wire at each Create and Replace
}

// A tcpFault says which calls to the store fail, and how.
type tcpFault func(op coatchecktest.Op) error

// tcpServe starts a site that runs until the end of the test.
func tcpServe(t testing.TB, h http.HandlerFunc, setup ...func(*tcpSite)) *tcpSite {
	t.Helper()
	site := &tcpSite{t: t, ended: make(chan struct{}, 1000), outside: func(h http.Handler) http.Handler { return h }}
	site.options = coatcheck.Options{
		InsecureCookie: true,
		Logger:         slog.New(slog.DiscardHandler),
		SweepInterval:  coatcheck.NoSweep,
		OnEvent:        site.note,
	}
	for _, set := range setup {
		set(site)
	}
	if site.http2 {
		site.options.InsecureCookie = false
	}
	ram := memstore.New(nil)
	site.store = coatchecktest.NewStore(ram)
	site.store.Before = site.before
	var store coatcheck.Store = site.store
	if site.plain {
		store = plainStore{store}
	}
	m, err := coatcheck.New(store, &site.options)
	if err != nil {
		t.Fatal(err)
	}
	site.Manager = m
	site.start(m.Handler(h))
	t.Cleanup(func() {
		site.server.CloseClientConnections()
		site.server.Close()
		_ = m.Close()
		_ = ram.Close()
		site.mu.Lock()
		defer site.mu.Unlock()
		if site.log.Len() > 0 && !site.noisy {
			t.Errorf("net/http complained: %s", &site.log)
		}
	})
	return site
}

// start puts the server and the browser up.
func (site *tcpSite) start(h http.Handler) {
	h = site.outside(h)
	site.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { site.ended <- struct{}{} }()
		h.ServeHTTP(w, r)
	}))
	site.server.Config.ErrorLog = log.New(tcpLog{site}, "", 0)
	site.wire.Listener = site.server.Listener
	site.server.Listener = &site.wire
	if site.http2 {
		site.server.EnableHTTP2 = true
		site.server.StartTLS()
	} else {
		site.server.Start()
	}
	jar, _ := cookiejar.New(nil)
	site.browser = &http.Client{
		Jar:           jar,
		Transport:     site.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// before is the store's hook.
func (site *tcpSite) before(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
	if op == coatchecktest.OpCreate || op == coatchecktest.OpReplace {
		site.mu.Lock()
		site.saves = append(site.saves, site.wire.written.Load())
		site.mu.Unlock()
	}
	if fault := site.fail.Load(); fault != nil {
		return (*fault)(op)
	}
	return nil
}

// breaks makes the calls of these names fail from now on; without names, all.
func (site *tcpSite) breaks(ops ...coatchecktest.Op) {
	fault := tcpFault(func(op coatchecktest.Op) error {
		for _, each := range ops {
			if op == each {
				return errTCPStore
			}
		}
		if len(ops) == 0 {
			return errTCPStore
		}
		return nil
	})
	site.fail.Store(&fault)
}

func (site *tcpSite) heals() { site.fail.Store(nil) }

func (site *tcpSite) note(_ context.Context, e coatcheck.Event) {
	site.mu.Lock()
	defer site.mu.Unlock()
	site.events = append(site.events, e)
}

// seen returns the events of a kind.
func (site *tcpSite) seen(kind coatcheck.EventKind) (es []coatcheck.Event) {
	site.mu.Lock()
	defer site.mu.Unlock()
	for _, e := range site.events {
		if e.Kind == kind {
			es = append(es, e)
		}
	}
	return es
}

// savedAt returns how many bytes were on the wire at each save.
func (site *tcpSite) savedAt() []int64 {
	site.mu.Lock()
	defer site.mu.Unlock()
	return slices.Clone(site.saves)
}

// noted stores a session that holds note.
func noted(t testing.TB, m *coatcheck.Manager, note string) *coatcheck.Session {
	t.Helper()
	s, err := m.Open(t.Context(), "")
	if err == nil {
		tcpNote.Set(s, note)
		err = s.Save(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// begin gives the browser a session that holds note.
func (site *tcpSite) begin(note string) {
	site.t.Helper()
	s := noted(site.t, site.Manager, note)
	site.browser.Jar.SetCookies(site.url(""), []*http.Cookie{{Name: site.cookieName(), Value: string(s.Token()), Path: "/", Secure: site.http2}})
	site.mu.Lock()
	site.saves = nil
	site.mu.Unlock()
}

func (site *tcpSite) cookieName() string {
	if site.http2 {
		return "__Host-id"
	}
	return "id"
}

func (site *tcpSite) url(path string) *url.URL {
	u, err := url.Parse(site.server.URL + path)
	if err != nil {
		site.t.Fatal(err)
	}
	return u
}

// token returns the browser's token, "" if it has none.
func (site *tcpSite) token() coatcheck.Token {
	for _, c := range site.browser.Jar.Cookies(site.url("/")) {
		if c.Name == site.cookieName() {
			return coatcheck.Token(c.Value)
		}
	}
	return ""
}

// kept opens the browser's session behind the server's back.
func (site *tcpSite) kept() *coatcheck.Session {
	site.t.Helper()
	s, err := site.Open(site.t.Context(), site.token())
	if err != nil {
		site.t.Fatal(err)
	}
	return s
}

// wants checks what the browser's session holds in the store.
func (site *tcpSite) wants(note string) {
	site.t.Helper()
	if got := tcpNote.Get(site.kept()); got != note {
		site.t.Errorf("the store holds note %q, want %q", got, note)
	}
}

// wait waits for a handler to return, the manager's part included.
func (site *tcpSite) wait() {
	site.t.Helper()
	tcpWait(site.t, site.ended)
}

// get makes a request and reads the answer to its end.
func (site *tcpSite) get(path string) *tcpReply {
	site.t.Helper()
	req, err := http.NewRequestWithContext(site.t.Context(), http.MethodGet, site.url(path).String(), nil)
	if err != nil {
		site.t.Fatal(err)
	}
	return site.do(req)
}

func (site *tcpSite) do(req *http.Request) *tcpReply {
	site.t.Helper()
	resp, err := site.browser.Do(req)
	if err != nil {
		site.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		site.t.Fatal(err)
	}
	return &tcpReply{Response: resp, body: string(body)}
}

// A tcpReply is an answer that was read to its end.
type tcpReply struct {
	*http.Response
	body string
}

// setsCookie reports whether the answer sets the session's cookie.
func (r *tcpReply) setsCookie() bool {
	for _, line := range r.Header["Set-Cookie"] {
		if strings.HasPrefix(line, "id=") || strings.HasPrefix(line, "__Host-id=") {
			return true
		}
	}
	return false
}

// tcpSession opens the session of a request, or ends the handler.
func tcpSession(t testing.TB, r *http.Request) *coatcheck.Session {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		t.Errorf("FromContext: %v", err)
		panic(http.ErrAbortHandler)
	}
	return s
}

// tcpWait receives from c, but not for ever. Handlers call it too.
func tcpWait[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		t.Error("nothing came in 20 seconds")
	}
	return v
}

// tcpLog collects what net/http has to complain about.
type tcpLog struct{ site *tcpSite }

func (l tcpLog) Write(b []byte) (int, error) {
	l.site.mu.Lock()
	defer l.site.mu.Unlock()
	// A client that breaks off its TLS connection is none of the handler's
	// business.
	if !bytes.Contains(b, []byte("TLS handshake error")) {
		l.site.log.Write(b)
	}
	return len(b), nil
}
