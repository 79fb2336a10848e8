package coatcheck_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// A client that goes away in the middle of a request changes nothing about
// what the request saves.
func TestClientGoneInMidHandler(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) {
			opened := make(chan struct{})
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				close(opened)
				tcpWait(t, r.Context().Done())
				tcpNote.Set(s, "coat")
				_, _ = io.WriteString(w, "page")
			}, func(site *tcpSite) { site.http2 = http2 })
			site.begin("early")
			ctx, goAway := context.WithCancel(t.Context())
			go func() {
				tcpWait(t, opened)
				goAway()
			}()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := site.browser.Do(req); err == nil {
				_ = resp.Body.Close()
				t.Fatal("the client got an answer; it was to be gone")
			}
			site.wait()
			site.wants("coat")
		})
	}
}

// A client that goes away while the store works does not interrupt it.
func TestClientGoneInMidSave(t *testing.T) {
	var visit context.Context // of the request
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		visit = r.Context()
		tcpNote.Set(tcpSession(t, r), "coat")
		_, _ = io.WriteString(w, "page")
	})
	site.begin("early")
	ctx, goAway := context.WithCancel(t.Context())
	site.store.Before = func(call context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
		if op == coatchecktest.OpReplace {
			goAway()
			tcpWait(t, visit.Done())
			if err := call.Err(); err != nil {
				t.Errorf("the store is told: %v", err)
			}
			select {
			case <-call.Done():
				t.Error("the store's context is done")
			default:
			}
		}
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := site.browser.Do(req); err == nil {
		_ = resp.Body.Close()
	}
	site.wait()
	site.wants("coat")
}

// Two first requests at once make two sessions, each whole; the browser keeps
// the cookie that came last.
func TestParallelFirstRequestsMakeTwoSessions(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	ids := make(chan coatcheck.ID, 2)
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		if r.URL.Path == "/read" {
			_, _ = io.WriteString(w, tcpNote.Get(s))
			return
		}
		both.Done()
		both.Wait() // neither has answered when both have looked
		tcpNote.Set(s, r.URL.Path)
		_, _ = io.WriteString(w, "page")
		ids <- s.ID()
	})
	var answers sync.WaitGroup
	for _, path := range []string{"/a", "/b"} {
		answers.Go(func() {
			if r := site.get(path); !r.setsCookie() {
				t.Errorf("%s: no cookie", path)
			}
		})
	}
	answers.Wait()
	if a, b := <-ids, <-ids; a == b || a.IsZero() || b.IsZero() {
		t.Errorf("the sessions are %v and %v, want two", a, b)
	}
	if n := site.store.Calls(coatchecktest.OpCreate); n != 2 {
		t.Errorf("%d records were created, want 2", n)
	}
	if body := site.get("/read").body; body != "/a" && body != "/b" {
		t.Errorf("the browser's session holds %q, want what one of the two requests set", body)
	}
}
