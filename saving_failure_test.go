package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// tcpPage is the response of a handler that knows nothing of failures, up to
// its first byte.
func tcpPage(w http.ResponseWriter) {
	for name, value := range map[string]string{
		"Content-Length": "4", "Content-Type": "image/png", "Etag": `"1"`, "Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT",
		"Content-Encoding": "gzip", "Location": "/elsewhere", "Cache-Control": "public, max-age=60", "X-Own": "stays",
		"Refresh": "0; url=/elsewhere", "Content-Location": "/elsewhere", "Content-Language": "la", "Content-Digest": "sha-256=:AA==:", "Repr-Digest": "sha-256=:AA==:",
	} {
		w.Header().Set(name, value)
	}
}

// tcpRefused checks that an answer is the manager's refusal and has nothing of
// tcpPage.
func tcpRefused(t *testing.T, r *tcpReply, status int) {
	t.Helper()
	if r.StatusCode != status || strings.Contains(r.body, "coat") || r.setsCookie() {
		t.Errorf("%d %q %v, want %d without the handler's body and without a cookie", r.StatusCode, r.body, r.Header, status)
	}
	for _, name := range []string{"Etag", "Last-Modified", "Content-Encoding", "Location", "Refresh", "Content-Location", "Content-Language", "Content-Digest", "Repr-Digest"} {
		if r.Header.Get(name) != "" {
			t.Errorf("the handler's %s is left over: %q", name, r.Header.Get(name))
		}
	}
	flushed := r.ContentLength < 0 // before its end
	if r.ContentLength != int64(len(r.body)) && !flushed || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("length %d, type %q do not describe %q", r.ContentLength, r.Header.Get("Content-Type"), r.body)
	}
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", got)
	}
	if got := r.Header.Get("X-Own"); got != "stays" {
		t.Errorf("a header that does not describe the body is lost: X-Own %q", got)
	}
}

// A handler that goes on after a failed load is answered for, however it
// begins its response.
func TestStoreFailsAtLoad(t *testing.T) {
	triggers := maps.Clone(tcpTriggers)
	triggers["nothing"] = nil
	triggers["redirect"] = func(w http.ResponseWriter) { w.WriteHeader(http.StatusSeeOther) }
	for name, trigger := range triggers {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				if s, err := coatcheck.FromContext(r.Context()); s != nil || !errors.Is(err, errTCPStore) {
					t.Errorf("FromContext: %v, %v", s, err)
				}
				tcpPage(w)
				if trigger == nil {
					return
				}
				trigger(w)
				if n, err := io.WriteString(w, "coat"); n != 0 || !errors.Is(err, errTCPStore) {
					t.Errorf("Write after the refusal: %d, %v", n, err)
				}
			})
			site.begin("early")
			site.breaks()
			tcpRefused(t, site.get("/"), http.StatusServiceUnavailable)
			site.heals()
			site.wants("early")
		})
	}
}

// A handler that answers the error itself keeps its answer.
func TestHandlerAnswersTheLoadError(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := coatcheck.FromContext(r.Context()); err != nil {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "<h1>back soon</h1>")
		}
	})
	site.begin("early")
	site.breaks(coatchecktest.OpLoad)
	if r := site.get("/"); r.StatusCode != 503 || r.body != "<h1>back soon</h1>" || r.Header.Get("Content-Type") != "text/html" {
		t.Errorf("%d %q %v, want the handler's own page", r.StatusCode, r.body, r.Header)
	}
}

// A failed save is answered for before the first byte: neither a new session
// nor an old one shows anything of the handler's response.
func TestStoreFailsAtSave(t *testing.T) {
	for _, existing := range []bool{false, true} {
		for name, trigger := range tcpTriggers {
			t.Run(map[bool]string{false: "New/", true: "Existing/"}[existing]+name, func(t *testing.T) {
				site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
					tcpNote.Set(tcpSession(t, r), "coat")
					tcpPage(w)
					trigger(w)
					if n, err := io.WriteString(w, "coat"); n != 0 || !errors.Is(err, errTCPStore) {
						t.Errorf("Write after the refusal: %d, %v", n, err)
					}
				})
				if existing {
					site.begin("early")
				}
				site.breaks(coatchecktest.OpCreate, coatchecktest.OpReplace)
				tcpRefused(t, site.get("/"), http.StatusServiceUnavailable)
				site.heals()
				if existing {
					site.wants("early")
				} else if site.token() != "" {
					t.Error("the browser has a token")
				}
			})
		}
	}
}

// A refusal leaves the connection fit for the next request.
func TestConnectionSurvivesARefusal(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		tcpPage(w)
		_, _ = io.WriteString(w, "coat")
	})
	site.breaks()
	var reused []bool
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = append(reused, c.Reused) }}
	for range 3 {
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost, site.server.URL, strings.NewReader("question"))
		if err != nil {
			t.Fatal(err)
		}
		if r := site.do(req); r.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d", r.StatusCode)
		}
	}
	if len(reused) != 3 || reused[0] || !reused[1] || !reused[2] {
		t.Errorf("connections reused: %v, want the first one for all", reused)
	}
}

// What ErrorHandler is told, and what it answers by default.
func TestStatusOfFailures(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for name, c := range map[string]struct {
		change func(*coatcheck.Session)
		store  error
		status int
		err    error
	}{
		"Store":    {nil, errTCPStore, http.StatusServiceUnavailable, errTCPStore},
		"Full":     {nil, coatcheck.ErrFull, http.StatusServiceUnavailable, coatcheck.ErrFull},
		"TooLarge": {func(s *coatcheck.Session) { tcpNote.Set(s, long) }, nil, http.StatusInternalServerError, coatcheck.ErrTooLarge},
		"Encode":   {func(s *coatcheck.Session) { coatcheck.NewKey[chan int]("note").Set(s, nil) }, nil, http.StatusInternalServerError, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var told error
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				tcpNote.Set(s, "coat")
				if c.change != nil {
					c.change(s)
				}
				tcpPage(w)
				_, _ = io.WriteString(w, "coat")
			}, func(site *tcpSite) {
				site.options.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
					told = err
					coatcheck.DefaultErrorHandler(w, r, err)
				}
			})
			if c.store != nil {
				fault := tcpFault(func(op coatchecktest.Op) error {
					if op == coatchecktest.OpCreate {
						return c.store
					}
					return nil
				})
				site.fail.Store(&fault)
			}
			tcpRefused(t, site.get("/"), c.status)
			if told == nil || c.err != nil && !errors.Is(told, c.err) {
				t.Errorf("ErrorHandler was told %v, want %v", told, c.err)
			}
		})
	}
}

// Every error of this package has its status, wherever it is met. One that did
// not come from a store says nothing about the store.
func TestStatusOfErrors(t *testing.T) {
	for status, errs := range map[int][]error{
		http.StatusConflict: {coatcheck.ErrGone},
		http.StatusServiceUnavailable: {coatcheck.ErrFull, coatcheck.ErrConflict, coatcheck.ErrUncertain,
			context.DeadlineExceeded},
		http.StatusInternalServerError: {errTCPStore, coatcheck.ErrNotFound, coatcheck.ErrExists, coatcheck.ErrCorrupt, coatcheck.ErrTooLarge, coatcheck.ErrDecode, coatcheck.ErrHeadersSent,
			coatcheck.ErrNested, coatcheck.ErrInvalid, coatcheck.ErrClosed, coatcheck.ErrNoHandler, coatcheck.ErrUnsupported},
	} {
		for _, err := range errs {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				coatcheck.Error(w, r, fmt.Errorf("wrapped: %w", err))
			})
			r := site.get("/")
			if r.StatusCode != status || r.Header.Get("Cache-Control") != "no-store" || strings.Contains(r.body, err.Error()) {
				t.Errorf("%v: %d %q %v, want %d", err, r.StatusCode, r.body, r.Header, status)
			}
		}
	}
}

// A session that ended while the handler ran is a conflict, and the browser
// keeps its cookie: it may be a newer one.
func TestChangeOfAnEndedSessionIsAConflict(t *testing.T) {
	var site *tcpSite
	site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpNote.Set(s, "coat")
		if err := site.Destroy(r.Context(), s.ID()); err != nil {
			t.Error(err)
		}
		tcpPage(w)
		_, _ = io.WriteString(w, "coat")
	})
	site.begin("early")
	tcpRefused(t, site.get("/"), http.StatusConflict)
	if n := site.store.Calls(coatchecktest.OpCreate); n != 1 {
		t.Errorf("%d records were created, want only the one before the request", n)
	}
}

// An ErrorHandler that hands over to Error, in the place of
// DefaultErrorHandler, does not call itself for ever.
func TestErrorHandlerThatCallsError(t *testing.T) {
	told := 0
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		if r.URL.Path == "/itself" {
			coatcheck.Error(w, r, err)
		}
	}, func(site *tcpSite) {
		site.options.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			if told++; told > 2 {
				panic(err) // before the stack overflows
			}
			coatcheck.Error(w, r, err)
		}
	})
	site.begin("early")
	site.breaks()
	for _, path := range []string{"/", "/itself"} {
		if r := site.get(path); r.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(r.body, "The session store") {
			t.Errorf("%s: %d %q", path, r.StatusCode, r.body)
		}
	}
	if told != 2 {
		t.Errorf("called %d times for 2 requests", told)
	}
}

// The program may answer in its own way.
func TestOwnErrorHandler(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		tcpPage(w)
		_, _ = io.WriteString(w, "coat")
	}, func(site *tcpSite) {
		site.options.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, r.URL.Path)
		}
	})
	site.breaks()
	r := site.get("/here")
	if r.StatusCode != http.StatusTeapot || r.body != "/here" || r.Header.Get("Retry-After") != "7" || r.Header.Get("Etag") != "" {
		t.Errorf("%d %q %v, want what ErrorHandler wrote", r.StatusCode, r.body, r.Header)
	}
}

// A login that succeeded has its cookie sent, whatever fails afterwards:
// otherwise the visitor would hold a token that is dead.
func TestLaterFailureKeepsTheCookieOfALogin(t *testing.T) {
	var site *tcpSite
	site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		if err := s.Login(r.Context(), "ada"); err != nil {
			t.Error(err)
		}
		tcpNote.Set(s, "coat")
		site.breaks()
		_, _ = io.WriteString(w, "coat")
	})
	site.begin("early")
	before := site.token()
	if r := site.get("/"); r.StatusCode != http.StatusServiceUnavailable || !r.setsCookie() || strings.Contains(r.body, "coat") {
		t.Errorf("%d %q %v, want 503 with the login's cookie", r.StatusCode, r.body, r.Header)
	}
	site.heals()
	site.wants("early")
	if s := site.kept(); s.Owner() != "ada" || site.token() == before {
		t.Errorf("owner %q", s.Owner())
	}
}
