package coatcheck_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

func tcpHTTP2(site *tcpSite) { site.http2 = true }

// Over HTTP/2 a handler finds that protocol's abilities, and the same rules.
func TestHTTP2(t *testing.T) {
	read := make(chan struct{})
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		if r.URL.Path == "/read" {
			_, _ = io.WriteString(w, tcpNote.Get(s))
			return
		}
		if r.ProtoMajor != 2 {
			t.Errorf("the protocol is %s", r.Proto)
		}
		if got := tcpCan(w); got != tcpCanFlush|tcpCanPush {
			t.Errorf("abilities %04b, want Flush and Push", got)
		}
		// Go's client refuses pushes, and the handler is told.
		if err := w.(http.Pusher).Push("/style.css", nil); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Push: %v, want ErrNotSupported", err)
		}
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v, want ErrNotSupported", err)
		}
		w.Header().Set("Trailer", "X-Sum")
		tcpNote.Set(s, "coat")
		tcpFlushed(t, w)
		tcpWait(t, read)
		tcpNote.Set(s, "late")
		_, _ = io.WriteString(w, "page")
		w.Header().Set("X-Sum", "42")
	}, tcpHTTP2)
	resp, err := site.browser.Get(site.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !(&tcpReply{Response: resp}).setsCookie() {
		t.Errorf("Flush sent the headers without the cookie: %v", resp.Header)
	}
	if body := site.get("/read").body; body != "coat" {
		t.Errorf("the next request reads %q, want what the first one saved before it flushed", body)
	}
	site.wait()
	close(read)
	body, err := io.ReadAll(resp.Body)
	if string(body) != "page" || err != nil || resp.Trailer.Get("X-Sum") != "42" {
		t.Errorf("%q, %v, trailer %v", body, err, resp.Trailer)
	}
	site.wait()
	site.wants("late")
}

// A refusal over HTTP/2 has nothing of the handler's response either.
func TestHTTP2Refusal(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		tcpPage(w)
		_, _ = io.WriteString(w, "coat")
	}, tcpHTTP2)
	site.breaks(coatchecktest.OpCreate)
	tcpRefused(t, site.get("/"), http.StatusServiceUnavailable)
}

// A panic resets the stream; nothing is saved.
func TestHTTP2Panic(t *testing.T) {
	site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		panic(http.ErrAbortHandler)
	}, tcpHTTP2)
	site.begin("early")
	if resp, err := site.browser.Get(site.server.URL); err == nil {
		t.Errorf("the client got %s", resp.Status)
		_ = resp.Body.Close()
	}
	site.wait()
	site.wants("early")
	if n := len(site.seen(coatcheck.EventStoreError)); n > 0 {
		t.Errorf("%d store errors", n)
	}
}
