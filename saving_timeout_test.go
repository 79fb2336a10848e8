package coatcheck_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// In time, http.TimeoutHandler is no obstacle, on either side of the manager.
func TestTimeoutHandlerInTime(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		_, _ = io.WriteString(w, "page")
	})
	limited := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "too slow") }
	for name, site := range map[string]*tcpSite{
		"Outside": tcpServe(t, page, func(site *tcpSite) { site.outside = limited }),
		"Inside":  tcpServe(t, limited(page).ServeHTTP),
	} {
		if r := site.get("/"); r.body != "page" || r.StatusCode != http.StatusOK || !r.setsCookie() {
			t.Errorf("%s: %d %q %v", name, r.StatusCode, r.body, r.Header)
		}
		site.wants("coat")
	}
}

// When the limit outside strikes, the client gets its page, and the handler,
// which runs on, is saved.
func TestTimeoutHandlerOutside(t *testing.T) {
	answered, finished := make(chan struct{}), make(chan struct{})
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpWait(t, answered)
		tcpNote.Set(s, "coat")
		if _, err := io.WriteString(w, "page"); !errors.Is(err, http.ErrHandlerTimeout) {
			t.Errorf("Write: %v, want ErrHandlerTimeout", err)
		}
	}, func(site *tcpSite) {
		site.outside = func(h http.Handler) http.Handler {
			return http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(finished)
				h.ServeHTTP(w, r)
			}), time.Millisecond, "too slow")
		}
	})
	site.begin("early")
	if r := site.get("/"); r.StatusCode != http.StatusServiceUnavailable || r.body != "too slow" {
		t.Errorf("%d %q", r.StatusCode, r.body)
	}
	close(answered)
	tcpWait(t, finished)
	site.wants("coat")
}

// When the limit inside strikes, its page ends the response: what the handler
// had changed is saved, and what it does afterwards comes too late.
func TestTimeoutHandlerInside(t *testing.T) {
	answered, finished := make(chan struct{}), make(chan struct{})
	site := tcpServe(t, http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(finished)
		s := tcpSession(t, r)
		tcpNote.Set(s, "coat")
		tcpWait(t, answered)
		tcpNote.Set(s, "too late")
		if err := s.Login(context.WithoutCancel(r.Context()), "ada"); !errors.Is(err, coatcheck.ErrClosed) {
			t.Errorf("Login: %v, want ErrClosed", err)
		}
	}), 50*time.Millisecond, "too slow").ServeHTTP)
	if r := site.get("/"); r.StatusCode != http.StatusServiceUnavailable || r.body != "too slow" || !r.setsCookie() {
		t.Errorf("%d %q %v, want the page with the cookie of what was changed in time", r.StatusCode, r.body, r.Header)
	}
	close(answered)
	tcpWait(t, finished)
	site.wants("coat")
}

// A login that races with the page of a limit inside either makes it, with its
// cookie, or is refused; the two never write the headers at once.
func TestTimeoutHandlerInsideRacesLogin(t *testing.T) {
	logins := make(chan error, 1)
	site := tcpServe(t, http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The millisecond may be over before the handler has begun.
		ctx := context.WithoutCancel(r.Context())
		s, err := coatcheck.FromContext(ctx)
		if err == nil {
			<-r.Context().Done()
			err = s.Login(ctx, "ada")
		}
		logins <- err
	}), time.Millisecond, "too slow").ServeHTTP)
	for range 50 {
		site.begin("early")
		r := site.get("/")
		switch err := tcpWait(t, logins); {
		case err == nil && (!r.setsCookie() || site.kept().Owner() != "ada"):
			t.Fatalf("the login succeeded, its answer was %v", r.Header)
		case err != nil && r.setsCookie():
			t.Fatalf("the login failed by %v, its answer was %v", err, r.Header)
		case err != nil && !errors.Is(err, coatcheck.ErrHeadersSent) && !errors.Is(err, coatcheck.ErrClosed):
			t.Fatalf("Login: %v", err)
		}
	}
}

// A tcpAjar is a writer that lets something happen while the manager completes
// the headers.
type tcpAjar struct {
	http.ResponseWriter
	once sync.Once
	then func()
}

func (w *tcpAjar) Header() http.Header {
	w.once.Do(w.then)
	return w.ResponseWriter.Header()
}

// A login that begins while the headers are being completed is refused before
// it has done anything: its cookie would come too late.
func TestLoginWhileTheHeadersAreCompleted(t *testing.T) {
	site := tcpServe(t, func(http.ResponseWriter, *http.Request) {})
	site.begin("early")
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(&http.Cookie{Name: "id", Value: string(site.token())})
	login, called := make(chan error, 1), make(chan struct{}, 100)
	w := &tcpAjar{ResponseWriter: httptest.NewRecorder()}
	site.Handler(http.HandlerFunc(func(inner http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		site.store.Before = func(context.Context, coatchecktest.Op, coatcheck.ID) error {
			called <- struct{}{}
			return nil
		}
		w.then = func() {
			go func() { login <- s.Login(r.Context(), "ada") }()
			select {
			case <-called:
				t.Error("the login calls the store")
			case <-time.After(20 * time.Millisecond):
			}
		}
		inner.WriteHeader(http.StatusOK)
		if err := tcpWait(t, login); !errors.Is(err, coatcheck.ErrHeadersSent) {
			t.Errorf("Login: %v, want ErrHeadersSent", err)
		}
	})).ServeHTTP(w, req)
	site.wants("early")
}

// A limit inside writes the handler's cookies over all others that are there.
// The session's, which entered when a call succeeded, stays: without it a login
// would lose the session, and nobody would know. It works for whatever copies
// headers so.
func TestTimeoutHandlerInsideLeavesTheCookie(t *testing.T) {
	for name, act := range map[string]func(context.Context, *coatcheck.Session) error{
		"Login": func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"Renew": func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) },
		"a birth": func(ctx context.Context, s *coatcheck.Session) error {
			if err := s.Destroy(ctx); err != nil {
				return err
			}
			tcpNote.Set(s, "coat")
			return s.Save(ctx)
		},
		"Destroy": func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := act(r.Context(), tcpSession(t, r)); err != nil {
					t.Error(err)
				}
				http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
			}), time.Minute, "too slow").ServeHTTP)
			site.begin("coat")
			r := site.get("/")
			if lines := r.Header["Set-Cookie"]; len(lines) != 2 || lines[0] != "theme=dark" || !r.setsCookie() {
				t.Errorf("Set-Cookie: %q, want the handler's and the session's", lines)
			}
			if name == "Destroy" {
				expectEqual(t, "token that is left", string(site.token()), "")
				return
			}
			site.wants("coat")
		})
	}
}

// httputil.ReverseProxy clears all headers when it has passed an informational
// response on.
func TestClearedHeadersLeaveTheToken(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	early := func(w http.ResponseWriter, r *http.Request) {
		expectNil(t, tcpSession(t, r).Login(r.Context(), "ada"))
		clear(w.Header())
	}
	expectEqual(t, "Cache-Control", v.serve(early).Header.Get("Cache-Control"), "no-store")
	v.expectMotto("ada")

	m := manage(t, shelf(t, nil), &coatcheck.Options{Carrier: coatcheck.HeaderCarrier("X-Session")})
	res := newVisitor(t, m).serve(early)
	s, err := m.Open(t.Context(), coatcheck.Token(res.Header.Get("X-Session")))
	expectNil(t, err)
	expectEqual(t, "owner", s.Owner(), "ada")
}

// Who takes all cookies out of a response for caches to share has his way.
func TestCookieThatTheHandlerDrops(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	expectNoCookie(t, v.serve(func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		motto.Set(s, "carpe diem")
		expectNil(t, s.Save(r.Context()))
		w.Header().Del("Set-Cookie")
		w.Header().Set("Cache-Control", "public, max-age=60")
	}))
}
