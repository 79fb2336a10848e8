package coatcheck_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// http.MaxBytesHandler limits the body on either side of the manager; the
// refusal of the handler is an ordinary answer.
func TestMaxBytesHandler(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		_, err := io.ReadAll(r.Body)
		var large *http.MaxBytesError
		if !errors.As(err, &large) {
			t.Errorf("reading the body: %v, want a MaxBytesError", err)
		}
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	})
	limited := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 5) }
	for name, site := range map[string]*tcpSite{
		"Outside": tcpServe(t, page, func(site *tcpSite) { site.outside = limited }),
		"Inside":  tcpServe(t, limited(page).ServeHTTP),
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.server.URL, strings.NewReader("a question"))
		if err != nil {
			t.Fatal(err)
		}
		if r := site.do(req); r.StatusCode != http.StatusRequestEntityTooLarge || !r.setsCookie() {
			t.Errorf("%s: %d %v", name, r.StatusCode, r.Header)
		}
		site.wants("coat")
	}
}

// What the mux notes on the request is seen by the middleware outside, as
// without a manager.
func TestPatternIsSeenOutside(t *testing.T) {
	for _, path := range []string{"/coats/7", "/panics"} {
		var pattern string
		mux := http.NewServeMux()
		mux.HandleFunc("GET /coats/{id}", func(_ http.ResponseWriter, r *http.Request) {
			if id := r.PathValue("id"); id != "7" {
				t.Errorf("the path's id is %q", id)
			}
			tcpNote.Set(tcpSession(t, r), "coat")
		})
		mux.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		site := tcpServe(t, mux.ServeHTTP, func(site *tcpSite) {
			site.outside = func(h http.Handler) http.Handler {
				return tcpRecovers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() { pattern = r.Pattern }()
					h.ServeHTTP(w, r)
				}))
			}
		})
		site.get(path)
		if want := map[string]string{"/coats/7": "GET /coats/{id}", "/panics": "GET /panics"}[path]; pattern != want {
			t.Errorf("%s: outside the pattern is %q, want %q", path, pattern, want)
		}
	}
}

// The server removes an upload's files when the request ends, as without a
// manager.
func TestUploadedFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	files := func() []string {
		names, err := filepath.Glob(filepath.Join(dir, "multipart-*"))
		if err != nil {
			t.Error(err)
		}
		return names
	}
	site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
		}
		f, err := r.MultipartForm.File["coat"][0].Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if _, ok := f.(*os.File); !ok || len(files()) != 1 {
			t.Errorf("the upload is a %T, with files %q; the test needs one", f, files())
		}
	})
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("coat", "coat.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(make([]byte, 100_000))
	_ = form.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.server.URL, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	site.do(req)
	site.server.Close() // waits for the requests
	if left := files(); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// tcpNested returns a manager to stand inside a site's, and its store.
func tcpNested(t *testing.T) (*coatcheck.Manager, *coatchecktest.Store) {
	t.Helper()
	store := coatchecktest.NewStore(memstore.New(nil))
	m, err := coatcheck.New(store, &coatcheck.Options{Name: "inner", InsecureCookie: true, SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return m, store
}

// Managers with other names nest: each saves its own session.
func TestNestedManagers(t *testing.T) {
	inner, _ := tcpNested(t)
	var site *tcpSite
	site = tcpServe(t, inner.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, out := tcpSession(t, r), tcpOf(t, site.Manager, r)
		if in == out || tcpOf(t, inner, r) != in {
			t.Error("the package's FromContext does not mean the innermost manager")
		}
		if r.URL.Path == "/read" {
			_, _ = io.WriteString(w, tcpNote.Get(in)+" "+tcpNote.Get(out))
			return
		}
		tcpNote.Set(in, "in")
		tcpNote.Set(out, "out")
		_, _ = io.WriteString(w, "coat")
	})).ServeHTTP)
	if r := site.get("/"); len(r.Header["Set-Cookie"]) != 2 || r.body != "coat" {
		t.Errorf("%q %v, want two cookies", r.body, r.Header)
	}
	if body := site.get("/read").body; body != "in out" {
		t.Errorf("the sessions hold %q", body)
	}
}

// Either of two nested managers refuses a response whose session it cannot
// save.
func TestNestedManagersRefuse(t *testing.T) {
	for _, breaks := range []string{"inner", "outer"} {
		t.Run(breaks, func(t *testing.T) {
			inner, store := tcpNested(t)
			if breaks == "inner" {
				store.Before = func(context.Context, coatchecktest.Op, coatcheck.ID) error { return errTCPStore }
			}
			var site *tcpSite
			site = tcpServe(t, inner.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				in, out := tcpSession(t, r), tcpOf(t, site.Manager, r)
				tcpNote.Set(in, "in")
				tcpNote.Set(out, "out")
				_, _ = io.WriteString(w, "coat")
			})).ServeHTTP)
			if breaks == "outer" {
				site.breaks()
			}
			r := site.get("/")
			if r.StatusCode != http.StatusServiceUnavailable || strings.Contains(r.body, "coat") {
				t.Errorf("%d %q, want a refusal", r.StatusCode, r.body)
			}
			for _, c := range r.Cookies() {
				if refused := map[string]string{"inner": "inner", "outer": "id"}[breaks]; c.Name == refused {
					t.Errorf("the refusal sets the cookie %s", c.Name)
				}
			}
		})
	}
}

// tcpOf opens the session of one of several managers, or ends the handler.
func tcpOf(t testing.TB, m *coatcheck.Manager, r *http.Request) *coatcheck.Session {
	s, err := m.FromContext(r.Context())
	if err != nil {
		t.Errorf("FromContext: %v", err)
		panic(http.ErrAbortHandler)
	}
	return s
}

// A handler that is wrapped twice by one manager is wrapped once.
func TestWrappedTwice(t *testing.T) {
	var site *tcpSite
	site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		site.Handler(http.HandlerFunc(func(w2 http.ResponseWriter, r2 *http.Request) {
			if w2 != w || r2 != r || tcpSession(t, r2) != s {
				t.Error("the manager wraps again")
			}
			tcpNote.Set(s, "coat")
		})).ServeHTTP(w, r)
	})
	if lines := site.get("/").Header["Set-Cookie"]; len(lines) != 1 {
		t.Errorf("Set-Cookie lines %q", lines)
	}
	site.wants("coat")
}

// What a handler says about caches stands, unless they would share a cookie.
func TestCacheHeadersOfTheHandlerStand(t *testing.T) {
	for _, c := range []struct{ vary, cache, wantVary, wantCache string }{
		{"", "", "Cookie", "private"},
		{"Accept", "", "Accept, Cookie", "private"},
		{"accept-encoding, COOKIE", "", "accept-encoding, COOKIE", "private"},
		{"*", "", "*", "private"},
		{"", "public, max-age=60", "Cookie", "public, max-age=60"},
	} {
		for _, changes := range []bool{false, true} {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				s := tcpSession(t, r)
				if changes {
					tcpNote.Set(s, "coat")
				}
				for name, value := range map[string]string{"Vary": c.vary, "Cache-Control": c.cache} {
					if value != "" {
						w.Header().Set(name, value)
					}
				}
			})
			wantCache := c.wantCache
			if changes {
				wantCache = "no-store" // there is a cookie in the answer, which is nobody else's
			}
			h := site.get("/").Header
			if got := strings.Join(h["Vary"], ", "); got != c.wantVary {
				t.Errorf("Vary %q becomes %q, want %q", c.vary, got, c.wantVary)
			}
			if got := strings.Join(h["Cache-Control"], ", "); got != wantCache {
				t.Errorf("Cache-Control %q becomes %q, want %q", c.cache, got, wantCache)
			}
		}
	}
}
