package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// tcpFlushed sends the headers of a response.
func tcpFlushed(t testing.TB, w http.ResponseWriter) {
	if err := http.NewResponseController(w).Flush(); err != nil {
		t.Errorf("Flush: %v", err)
	}
}

// What changes after the headers left is saved when the handler returns, if
// the session exists.
func TestLateChangeIsSavedAtReturn(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpFlushed(t, w)
		tcpNote.Set(s, "late")
		_, _ = io.WriteString(w, "page")
	})
	site.begin("early")
	if r := site.get("/"); r.body != "page" || r.setsCookie() {
		t.Errorf("%q %v, want the page and no new cookie", r.body, r.Header)
	}
	site.wait()
	site.wants("late")
	if es := site.seen(coatcheck.EventLateChange); len(es) > 0 {
		t.Errorf("events %v", es)
	}
}

// A session cannot be born behind the headers: whoever asks for it is told
// before the store is, and what nobody asks for is an event.
func TestLateBirthIsRefused(t *testing.T) {
	ask := map[string]func(context.Context, *coatcheck.Session) error{
		"Save":  func(ctx context.Context, s *coatcheck.Session) error { return s.Save(ctx) },
		"Renew": func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) },
		"Login": func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"Transact": func(ctx context.Context, s *coatcheck.Session) error {
			return s.Transact(ctx, func(s *coatcheck.Session) error { tcpHits.Set(s, 1); return nil })
		},
		"nobody": func(context.Context, *coatcheck.Session) error { return coatcheck.ErrHeadersSent },
	}
	for name, op := range ask {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				tcpFlushed(t, w)
				tcpNote.Set(s, "late")
				if err := op(r.Context(), s); !errors.Is(err, coatcheck.ErrHeadersSent) {
					t.Errorf("%s: %v, want ErrHeadersSent", name, err)
				}
				if got := tcpNote.Get(s); got != "late" {
					t.Errorf("afterwards the session reads %q, want its pending change", got)
				}
			})
			if r := site.get("/"); r.setsCookie() || r.StatusCode != http.StatusOK {
				t.Errorf("%d %v", r.StatusCode, r.Header)
			}
			site.wait()
			if n := site.store.Calls(); n != 0 {
				t.Errorf("%d calls to the store", n)
			}
			es := site.seen(coatcheck.EventLateChange)
			if len(es) != 1 || !errors.Is(es[0].Err, coatcheck.ErrHeadersSent) {
				t.Errorf("events of late changes: %v, want one", es)
			}
		})
	}
}

// Login and Renew of an existing session need a cookie as well. They are
// refused before the store is asked, and cost the other changes nothing.
func TestLateRenewalIsRefused(t *testing.T) {
	for name, op := range map[string]func(*coatcheck.Session, context.Context) error{
		"Renew": (*coatcheck.Session).Renew,
		"Login": func(s *coatcheck.Session, ctx context.Context) error { return s.Login(ctx, "ada") },
	} {
		t.Run(name, func(t *testing.T) {
			var site *tcpSite
			site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				tcpFlushed(t, w)
				tcpNote.Set(s, "late")
				before := site.store.Calls()
				if err := op(s, r.Context()); !errors.Is(err, coatcheck.ErrHeadersSent) {
					t.Errorf("%s: %v, want ErrHeadersSent", name, err)
				}
				if n := site.store.Calls() - before; n != 0 {
					t.Errorf("%s made %d calls to the store before it refused", name, n)
				}
			})
			site.begin("early")
			site.get("/")
			site.wait()
			site.wants("late")
			if owner := site.kept().Owner(); owner != "" {
				t.Errorf("owner %q", owner)
			}
		})
	}
}

// A cookie that shall be persistent comes too late behind the headers; the
// values that were set with that wish are saved without it.
func TestLatePersistenceCostsNoValues(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpFlushed(t, w)
		s.SetPersistent(true)
		tcpNote.Set(s, "late")
	})
	site.begin("early")
	site.get("/")
	site.wait()
	site.wants("late")
	if site.kept().Info().Persistent {
		t.Error("the record says that the cookie is persistent; it is not")
	}
	if es := site.seen(coatcheck.EventLateChange); len(es) != 1 || !errors.Is(es[0].Err, coatcheck.ErrHeadersSent) {
		t.Errorf("events of late changes: %v, want one", es)
	}
}

// Destroy needs no cookie: after the headers it ends the session all the same.
func TestLateDestroyEndsTheSession(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpFlushed(t, w)
		if err := s.Destroy(r.Context()); err != nil {
			t.Error(err)
		}
		if lines := w.Header()["Set-Cookie"]; lines != nil {
			t.Errorf("headers that have left are changed: %q", lines)
		}
	})
	site.begin("early")
	if r := site.get("/"); r.setsCookie() {
		t.Errorf("headers %v", r.Header)
	}
	site.wait()
	if site.token() == "" {
		t.Fatal("the browser lost its cookie; the test needs it")
	}
	if !site.kept().IsNew() {
		t.Error("the session lives on")
	}
}

// A store that fails behind the headers cannot change the answer any more: it
// is an event.
func TestLateSaveThatFailsIsAnEvent(t *testing.T) {
	var site *tcpSite
	site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		_, _ = io.WriteString(w, "page")
		tcpNote.Set(s, "late")
		site.breaks(coatchecktest.OpReplace)
	})
	site.begin("early")
	if r := site.get("/"); r.StatusCode != http.StatusOK || r.body != "page" {
		t.Errorf("%d %q", r.StatusCode, r.body)
	}
	site.wait()
	site.heals()
	site.wants("early")
	if es := site.seen(coatcheck.EventLateChange); len(es) != 1 || !errors.Is(es[0].Err, errTCPStore) {
		t.Errorf("events of late changes: %v, want one with the store's error", es)
	}
}

// A stream of server-sent events saves what it counts when it ends; what it
// saves by itself others see while it runs.
func TestEventStreamSaves(t *testing.T) {
	const events = 5
	halfway, looked := make(chan struct{}), make(chan struct{})
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range events {
			tcpHits.Update(s, func(n int) int { return n + 1 })
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			tcpFlushed(t, w)
			if i == 2 {
				if err := s.Save(r.Context()); err != nil {
					t.Error(err)
				}
				close(halfway)
				tcpWait(t, looked)
			}
		}
	})
	site.begin("stream")
	resp, err := site.browser.Get(site.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	tcpWait(t, halfway)
	if n := tcpHits.Get(site.kept()); n != 3 {
		t.Errorf("in the middle of the stream others see %d, want the 3 that it saved", n)
	}
	close(looked)
	if body, err := io.ReadAll(resp.Body); len(body) != events*len("data: 0\n\n") || err != nil {
		t.Errorf("the stream was %q, %v", body, err)
	}
	site.wait()
	if n := tcpHits.Get(site.kept()); n != events {
		t.Errorf("the stream counted to %d, want %d", n, events)
	}
}
