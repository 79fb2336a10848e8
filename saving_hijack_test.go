package coatcheck_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// A WebSocket lives behind the session: what changed before the handshake is
// saved before it, what is said afterwards when the handler returns.
func TestWebSocketEchoSaves(t *testing.T) {
	for name, upgrade := range tcpUpgrades {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				tcpNote.Set(s, "greeted")
				conn, rw, err := upgrade(w, r)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				if err := tcpEcho(rw, func(text string) { tcpNote.Set(s, text) }); err != nil {
					t.Error(err)
				}
			})
			site.begin("early")
			socket := site.dial("/socket")
			if socket.resp.StatusCode != http.StatusSwitchingProtocols || socket.resp.Header["Set-Cookie"] != nil {
				t.Fatalf("%s %v", socket.resp.Status, socket.resp.Header)
			}
			site.wants("greeted")
			if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
				t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
			}
			socket.says("hello")
			socket.says("good bye")
			site.wants("greeted")
			socket.closes()
			site.wait()
			site.wants("good bye")
		})
	}
}

// A socket may save while it is open: that needs no cookie.
func TestWebSocketSavesWhileOpen(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		conn, rw, err := tcpUpgrades["Hijack"](w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = tcpEcho(rw, func(text string) {
			tcpNote.Set(s, text)
			if err := s.Save(r.Context()); err != nil {
				t.Error(err)
			}
		})
	})
	site.begin("early")
	socket := site.dial("/socket")
	socket.says("one")
	socket.says("two") // the first save is over when this is read
	if got := tcpNote.Get(site.kept()); got == "early" {
		t.Error("nothing was saved while the socket was open")
	}
	socket.closes()
	site.wait()
	site.wants("two")
}

// Hijack alone sends no headers, so it starts no session: what is pending is
// an event, and Save says why.
func TestHijackGivesNoBirth(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpNote.Set(s, "coat")
		conn, rw, err := tcpUpgrades["Hijack"](w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = tcpEcho(rw, func(string) {})
		if err := s.Save(r.Context()); !errors.Is(err, coatcheck.ErrHeadersSent) {
			t.Errorf("Save after Hijack: %v, want ErrHeadersSent", err)
		}
	})
	socket := site.dial("/socket")
	socket.says("hello")
	socket.closes()
	site.wait()
	if n := site.store.Calls(); n != 0 || socket.resp.Header["Set-Cookie"] != nil {
		t.Errorf("%d calls to the store, headers %v", n, socket.resp.Header)
	}
	if es := site.seen(coatcheck.EventLateChange); len(es) != 1 {
		t.Errorf("events of late changes: %v, want one", es)
	}
}

// WriteHeader(101) sends the header map: a session is born with it.
func TestSwitchingProtocolsGivesBirth(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		conn, rw, err := tcpUpgrades["WriteHeader"](w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = tcpEcho(rw, func(string) {})
	})
	socket := site.dial("/socket")
	socket.closes()
	cookies := socket.resp.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("headers %v, want a cookie", socket.resp.Header)
	}
	site.browser.Jar.SetCookies(site.url("/"), cookies)
	site.wants("coat")
}

// A save that fails, or a session that was not loaded, or that ended, leaves
// the connection where it is, and is answered for.
func TestRefusedHijack(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*tcpSite)
		status int
	}{
		"Load": {func(site *tcpSite) { site.breaks(coatchecktest.OpLoad) }, http.StatusServiceUnavailable},
		"Save": {func(site *tcpSite) { site.breaks(coatchecktest.OpReplace) }, http.StatusServiceUnavailable},
		"Gone": {func(site *tcpSite) {
			// The browser still carries the token of before a login.
			s := site.kept()
			if err := s.Login(site.t.Context(), "ada"); err != nil {
				site.t.Fatal(err)
			}
		}, http.StatusConflict},
	} {
		for style, upgrade := range tcpUpgrades {
			t.Run(name+"/"+style, func(t *testing.T) {
				site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
					if s, err := coatcheck.FromContext(r.Context()); err == nil {
						tcpNote.Set(s, "coat")
					}
					if _, _, err := upgrade(w, r); err == nil {
						t.Error("the connection was handed over")
					}
				})
				site.begin("early")
				c.spoil(site)
				if status := site.dial("/socket").resp.StatusCode; status != c.status {
					t.Errorf("status %d, want %d", status, c.status)
				}
			})
		}
	}
}

// tcpStubborn is a middleware's writer that promises Hijack and cannot.
type tcpStubborn struct{ http.ResponseWriter }

func (tcpStubborn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

// When Hijack fails, the response is still to come: a session can be born.
func TestAnswerAfterAFailedHijack(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		_, _ = io.WriteString(w, "polling instead")
	}, func(site *tcpSite) {
		site.outside = func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(tcpStubborn{w}, r) })
		}
	})
	if r := site.get("/"); r.body != "polling instead" || !r.setsCookie() {
		t.Errorf("%q %v", r.body, r.Header)
	}
	site.wants("coat")
}
