package itest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// cut splits a cookie into its name and its value.
func cut(cookie string) (before, after string, found bool) { return strings.Cut(cookie, "=") }

// A biscuit is the cookie that a browser keeps, "name=value" or "".
type biscuit struct {
	mu    sync.Mutex
	value string
}

func (b *biscuit) get() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.value
}

func (b *biscuit) set(value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.value = value
}

// A guest is a browser at one of the shop's servers. It may send several
// requests at once.
type guest struct {
	*shop
	server int
	cookie *biscuit
}

// guest returns a visitor who has never been here.
func (s *shop) guest() *guest { return &guest{s, 0, new(biscuit)} }

// at returns the same browser at another server.
func (g *guest) at(server int) *guest { return &guest{g.shop, server, g.cookie} }

// copy returns a browser with the same cookie as now.
func (g *guest) copy() *guest { return &guest{g.shop, g.server, &biscuit{value: g.cookie.get()}} }

// A reply is what came back.
type reply struct {
	*shop
	path, body string
	status     int
	cookies    []*http.Cookie
}

// get sends a request and keeps the cookie that comes back.
func (g *guest) get(path string) reply {
	g.Helper()
	ctx, cancel := context.WithTimeout(g.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", g.servers[g.server].URL+path, nil)
	if err != nil {
		g.Error(err)
		return reply{shop: g.shop, path: path}
	}
	if cookie := g.cookie.get(); cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	res, err := g.servers[g.server].Client().Do(r)
	if err != nil {
		g.Error(err)
		return reply{shop: g.shop, path: path}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		g.Error(err)
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			g.cookie.set("")
		} else {
			g.cookie.set(c.Name + "=" + c.Value)
		}
	}
	return reply{g.shop, path, string(body), res.StatusCode, res.Cookies()}
}

// mustGet is get for what the store must be able to do.
func (g *guest) mustGet(path string) reply {
	g.Helper()
	r := g.get(path)
	if r.status == http.StatusServiceUnavailable {
		g.Errorf("%s: status %d, %s", path, r.status, r.body)
	}
	return r
}

// repeat sends a request again until it is answered with 200: under a heavy
// load a change may give up, and says so.
func (g *guest) repeat(path string) {
	g.Helper()
	for range 20 {
		if g.get(path).status == http.StatusOK {
			return
		}
	}
	g.Errorf("%s is refused again and again", path)
}

// wants sends a request that must be answered like this.
func (g *guest) wants(path, want string) {
	g.Helper()
	r := g.mustGet(path)
	r.wantsStatus(http.StatusOK)
	if r.body != want {
		g.Errorf("%s says %q, want %q", path, r.body, want)
	}
}

func (r reply) wantsStatus(want int) {
	r.Helper()
	if r.status != want {
		r.Errorf("%s: status %d, want %d: %s", r.path, r.status, want, r.body)
	}
}

func (r reply) wantsNoCookie() {
	r.Helper()
	if len(r.cookies) > 0 {
		r.Errorf("%s sets a cookie", r.path)
	}
}

// A gate is where slow handlers wait, one at a time.
type gate struct {
	*shop
	arrived, open chan struct{}
}

func newGate(s *shop) *gate { return &gate{s, make(chan struct{}), make(chan struct{})} }

// pass is called by a handler: it waits until it is let through.
func (g *gate) pass(ctx context.Context) {
	select {
	case g.arrived <- struct{}{}:
	case <-ctx.Done():
		g.Error(errShut)
		return
	}
	select {
	case <-g.open:
	case <-ctx.Done():
		g.Error(errShut)
	}
}

// A slowReply is one that waits at the gate.
type slowReply struct {
	gate  *gate
	reply chan reply
}

// hold sends a slow request and returns when its handler is at the gate.
func (g *gate) hold(send func() reply) slowReply {
	g.Helper()
	r := slowReply{g, make(chan reply, 1)}
	go func() { r.reply <- send() }()
	select {
	case <-g.arrived:
	case early := <-r.reply:
		g.Fatalf("%s was answered before it came to the gate: %d %s", early.path, early.status, early.body)
	}
	return r
}

// release lets the handler through, and returns what became of the request.
func (r slowReply) release() reply {
	r.gate.open <- struct{}{}
	return <-r.reply
}
