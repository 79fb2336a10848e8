package coatcheck_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// attempt makes a request that may end in a broken connection.
func (site *tcpSite) attempt() *tcpReply {
	site.t.Helper()
	resp, err := site.browser.Get(site.server.URL)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil
	}
	return &tcpReply{Response: resp, body: string(body)}
}

// A handler that panics saves nothing more, wherever its response stands.
func TestPanicSavesNothingMore(t *testing.T) {
	for name, c := range map[string]struct {
		before func(http.ResponseWriter)
		value  any
	}{
		"BeforeTheResponse": {func(http.ResponseWriter) {}, errors.New("nil map")},
		"Abort":             {func(http.ResponseWriter) {}, http.ErrAbortHandler},
		"InTheBody":         {func(w http.ResponseWriter) { tcpFlushed(t, w) }, errors.New("nil map")},
	} {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				c.before(w)
				tcpNote.Set(s, "coat")
				panic(c.value)
			}, func(site *tcpSite) { site.noisy = true })
			site.begin("early")
			if r := site.attempt(); r != nil {
				t.Errorf("the client got %d %q", r.StatusCode, r.body)
			}
			site.wait()
			site.wants("early")
		})
	}
}

// What a handler saved or ended by itself before it panicked stands.
func TestPanicKeepsWhatWasDoneExplicitly(t *testing.T) {
	for name, do := range map[string]func(*coatcheck.Session, *http.Request) error{
		"Save":    func(s *coatcheck.Session, r *http.Request) error { return s.Save(r.Context()) },
		"Destroy": func(s *coatcheck.Session, r *http.Request) error { return s.Destroy(r.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				tcpNote.Set(s, "saved")
				if err := do(s, r); err != nil {
					t.Error(err)
				}
				tcpNote.Set(s, "lost")
				panic(http.ErrAbortHandler)
			})
			site.begin("early")
			site.attempt()
			site.wait()
			site.wants(map[string]string{"Save": "saved", "Destroy": ""}[name])
		})
	}
}

// tcpRecovers is the usual middleware that turns a panic into a page.
func tcpRecovers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "sorry", http.StatusInternalServerError)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// A recovering middleware outside answers for a panic that has gone through
// the manager: its page goes out, nothing is saved, and the cookie of a login
// that had succeeded is not retracted.
func TestRecoverOutside(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		if err := s.Login(r.Context(), "ada"); err != nil {
			t.Error(err)
		}
		tcpNote.Set(s, "lost")
		panic("nil map")
	}, func(site *tcpSite) { site.outside = tcpRecovers })
	site.begin("early")
	if r := site.get("/"); r.StatusCode != http.StatusInternalServerError || r.body != "sorry\n" || !r.setsCookie() {
		t.Errorf("%d %q %v, want the page with the login's cookie", r.StatusCode, r.body, r.Header)
	}
	site.wants("early")
	if owner := site.kept().Owner(); owner != "ada" {
		t.Errorf("owner %q", owner)
	}
}

// To the manager a panic that was recovered inside is an ordinary response of
// status 500: what the handler changed is saved with it.
func TestRecoverInside(t *testing.T) {
	site := tcpServe(t, tcpRecovers(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "kept")
		panic("nil map")
	})).ServeHTTP)
	if r := site.get("/"); r.StatusCode != http.StatusInternalServerError || r.body != "sorry\n" || !r.setsCookie() {
		t.Errorf("%d %q %v", r.StatusCode, r.body, r.Header)
	}
	site.wants("kept")
}

// If it is the save itself that panics, whoever recovers inside finds that a
// response can still be given, but none that hides the failure: the save is not
// tried again, since it would panic again, and outside.
func TestRecoverInsideAPanicOfTheSave(t *testing.T) {
	var serve http.Handler
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) { serve.ServeHTTP(w, r) })
	for name, handler := range map[string]http.HandlerFunc{
		"update function": func(_ http.ResponseWriter, r *http.Request) {
			runs := 0
			tcpHits.Update(tcpSession(t, r), func(n int) int {
				if runs++; runs > 1 {
					panic("no more")
				}
				return n + 1
			})
			s := site.kept() // another request is quicker
			tcpHits.Set(s, 10)
			if err := s.Save(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"store": func(_ http.ResponseWriter, r *http.Request) {
			tcpHits.Update(tcpSession(t, r), increment)
			crash := tcpFault(func(coatchecktest.Op) error { panic("no more") })
			site.fail.Store(&crash)
		},
	} {
		t.Run(name, func(t *testing.T) {
			serve = tcpRecovers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				handler(w, r)
				w.WriteHeader(http.StatusOK)
			}))
			site.begin("early")
			r := site.get("/")
			site.heals()
			if r.StatusCode != http.StatusInternalServerError || r.body != "The session could not be used.\n" {
				t.Errorf("%d %q", r.StatusCode, r.body)
			}
			site.wants("early")
		})
	}
}

// A store that panics may have saved: what it was given is not given to it
// again, or an Update might count twice.
func TestPromise1StoreThatPanicsCountsOnce(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	v.visit(func(s *coatcheck.Session) {
		tally.Update(s, increment)
		store.on(only("Replace", func(_ context.Context, _ op, do func() error) error {
			expectNil(t, do())
			panic(errCrash)
		}))
		func() {
			defer func() { _ = recover() }()
			t.Errorf("the store did not panic: %v", s.Save(t.Context()))
		}()
		store.on(nil)
		motto.Set(s, "dum spiro")
	})
	v.expectTally(1)
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "dum spiro") })
}

// After a panic the session is closed like after any other end.
func TestPanicClosesTheSession(t *testing.T) {
	var s *coatcheck.Session
	site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) {
		s = tcpSession(t, r)
		panic(http.ErrAbortHandler)
	})
	site.attempt()
	site.wait()
	tcpNote.Set(s, "afterwards")
	if err := s.Save(t.Context()); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("Save: %v, want ErrClosed", err)
	}
}
