package demo_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// A socket is a browser's end of the WebSocket.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

// live opens the WebSocket with the browser's ticket.
func (b *browser) live() *socket {
	b.t.Helper()
	conn, res, err := b.dial("")
	if err != nil {
		b.t.Fatalf("%v, %v", res, err)
	}
	b.t.Cleanup(func() { conn.CloseNow() })
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	b.t.Cleanup(cancel)
	return &socket{b.t, conn, ctx}
}

// dial asks for the WebSocket as a page of that origin would, "" if none did.
func (b *browser) dial(origin string) (*websocket.Conn, *http.Response, error) {
	header := http.Header{"Cookie": {"id=" + b.ticket()}}
	if origin != "" {
		header.Set("Origin", origin)
	}
	return websocket.Dial(b.t.Context(), b.base+"/ws", &websocket.DialOptions{HTTPHeader: header})
}

// reads wants the next message.
func (s *socket) reads(want string) {
	s.t.Helper()
	_, text, err := s.conn.Read(s.ctx)
	if err != nil || string(text) != want {
		s.t.Errorf("the socket says %q, %v; want %q", text, err, want)
	}
}

// closes wants the socket to be closed, with a code and a reason.
func (s *socket) closes(code websocket.StatusCode, reason string) {
	s.t.Helper()
	for {
		_, _, err := s.conn.Read(s.ctx)
		if err == nil {
			continue // a count that was under way
		}
		want := websocket.CloseError{Code: code, Reason: reason}
		if got := (websocket.CloseError{}); !errors.As(err, &got) || got != want {
			s.t.Errorf("the socket was closed by %v, want %v", err, want)
		}
		return
	}
}

// The socket counts with the home page, whoever looks at that.
func TestLiveCounts(t *testing.T) {
	b := newBrowser(t, start(t))
	b.page("/")
	s := b.live()
	s.reads(`{"views": 1}`)
	b.page("/")
	s.reads(`{"views": 2}`)
	s.conn.Close(websocket.StatusNormalClosure, "")
}

// It is closed with the session, and says why.
func TestLiveEndsWithItsSession(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(b *browser)
		code   websocket.StatusCode
		reason string
	}{
		"logout": {func(b *browser) { b.post("/logout") }, websocket.StatusPolicyViolation, "session destroyed"},
		"login":  {func(b *browser) { b.post("/login", "name", "eve") }, websocket.StatusPolicyViolation, "session renewed"},
		"revoked": {func(b *browser) {
			other := newBrowser(b.t, b.base)
			other.submit("/login", "name", "ada")
			other.submit("/sessions/others")
		}, websocket.StatusPolicyViolation, "session destroyed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, start(t))
			b.submit("/login", "name", "ada")
			s := b.live()
			s.reads(`{"views": 1}`)
			c.end(b)
			s.closes(c.code, c.reason)
		})
	}
}

// An open page keeps no session alive.
func TestLiveEndsWhenItsSessionExpires(t *testing.T) {
	b := newBrowser(t, serve(t, newSite(t, newStore(t), demo.Options{InsecureCookie: true, Idle: 300 * time.Millisecond})))
	b.page("/")
	b.live().closes(websocket.StatusPolicyViolation, "session expired")
}

// Stop closes it.
func TestStopEndsLive(t *testing.T) {
	site := newSite(t, newStore(t), demo.Options{InsecureCookie: true})
	b := newBrowser(t, serve(t, site))
	b.page("/")
	s := b.live()
	s.reads(`{"views": 1}`)
	site.Stop()
	s.closes(websocket.StatusGoingAway, "server is ending")
}

// It is not for visitors without a session, nor for other sites' pages.
func TestLiveIsRefused(t *testing.T) {
	b := newBrowser(t, start(t))
	refused := func(who, origin string) {
		t.Helper()
		if _, res, err := b.dial(origin); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v, %v", who, res, err)
		}
	}
	refused("a stranger", "")
	b.page("/")
	refused("another site", "https://evil.test")
	b.live().reads(`{"views": 1}`)
}

// The script is there where there is a session to follow, and only there.
func TestLivePages(t *testing.T) {
	b := newBrowser(t, start(t))
	without(t, b.page("/goodbye"), "live.js", `id="live"`)
	want(t, b.page("/"), `<script src="/live.js" defer></script>`, `<p id="live" class="live" role="status" hidden></p>`, `<span id="number">0001</span>`)
	want(t, b.page("/sessions"), "live.js", `id="live"`)
	without(t, b.get("/nowhere").body, "live.js", `id="live"`)
}
