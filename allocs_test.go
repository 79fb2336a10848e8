//go:build !race

package coatcheck_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// An allocsWriter takes a response and allocates nothing: its header map is
// cleared, not made.
type allocsWriter struct{ header http.Header }

func (w *allocsWriter) Header() http.Header         { return w.header }
func (w *allocsWriter) WriteHeader(int)             {}
func (w *allocsWriter) Write(b []byte) (int, error) { return len(b), nil }

// allocsProfile is a value of the size that programs keep in a session.
type allocsProfile struct {
	Name   string `json:"name"`
	Locale string `json:"locale"`
	Items  int    `json:"items"`
}

var (
	allocsCount   = coatcheck.NewKey[int]("count")
	allocsUser    = coatcheck.NewKey[string]("user")
	allocsWho     = coatcheck.NewKey[allocsProfile]("profile")
	allocsContent = []byte("page")
)

// How often a request is made: first unmeasured, then measured.
const allocsWarm, allocsRounds = 100, 2000

// allocsVisit returns a function that makes one request of a session with ten
// keys in RAM, and one that opens that session. The harness itself allocates
// nothing.
func allocsVisit(t *testing.T, h http.HandlerFunc) (visit func(), kept func() *coatcheck.Session) {
	t.Helper()
	store := memstore.New(nil)
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = m.Close()
		_ = store.Close()
	})
	s, err := m.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		coatcheck.NewKey[string](fmt.Sprintf("key %d", i)).Set(s, strings.Repeat("value ", 4))
	}
	allocsUser.Set(s, "user-42")
	allocsCount.Set(s, 1)
	allocsWho.Set(s, allocsProfile{"Ada", "en-GB", 3})
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	base := httptest.NewRequest(http.MethodGet, "/", nil)
	base.AddCookie(&http.Cookie{Name: "__Host-id", Value: string(s.Token())})
	handler, w, r := m.Handler(h), &allocsWriter{make(http.Header)}, new(http.Request)
	visit = func() {
		*r = *base
		clear(w.header)
		handler.ServeHTTP(w, r)
	}
	kept = func() *coatcheck.Session {
		s, err := m.Open(t.Context(), s.Token())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return visit, kept
}

// allocsOf returns what one call of f allocates, on average.
func allocsOf(f func()) (allocs, bytes float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range allocsWarm {
		f()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range allocsRounds {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / allocsRounds, float64(after.TotalAlloc-before.TotalAlloc) / allocsRounds
}

// What a request costs in memory is a promise. A failure here is a regression,
// not noise: allocations are exact.
func TestAllocations(t *testing.T) {
	session := func(r *http.Request) *coatcheck.Session {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		name          string
		allocs, bytes float64 // at most; 0 bytes are not looked at
		handler       http.HandlerFunc
	}{
		{"Untouched", 1, 448, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(allocsContent) }},
		{"ReadString", 4, 0, func(w http.ResponseWriter, r *http.Request) {
			if allocsUser.Get(session(r)) != "user-42" {
				t.Fatal("wrong value")
			}
			_, _ = w.Write(allocsContent)
		}},
		{"ReadStruct", 10, 0, func(w http.ResponseWriter, r *http.Request) {
			if allocsWho.Get(session(r)).Items != 3 {
				t.Fatal("wrong value")
			}
			_, _ = w.Write(allocsContent)
		}},
		{"CountAndSave", 7, 0, func(w http.ResponseWriter, r *http.Request) {
			allocsCount.Update(session(r), func(n int) int { return n + 1 })
			_, _ = w.Write(allocsContent)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			visit, kept := allocsVisit(t, c.handler)
			allocs, bytes := allocsOf(visit)
			want := 1
			if c.name == "CountAndSave" {
				want += allocsWarm + allocsRounds
			}
			if n := allocsCount.Get(kept()); n != want {
				t.Fatalf("counted to %d, want %d", n, want)
			}
			t.Logf("%.2f allocations, %.0f bytes", allocs, bytes)
			// A map that grows somewhere costs less than one in ten rounds.
			if allocs > c.allocs+0.1 {
				t.Errorf("%.2f allocations, at most %.0f are allowed", allocs, c.allocs)
			}
			if c.bytes > 0 && bytes > c.bytes+10 {
				t.Errorf("%.0f bytes, at most %.0f are allowed", bytes, c.bytes)
			}
		})
	}
}

// Looking for the token in a Cookie header allocates nothing, whatever the
// client sends.
func TestCookieScanAllocatesNothing(t *testing.T) {
	for name, line := range map[string]string{
		"usual":      "theme=dark; __Host-id=" + fuzzToken + "; lang=en",
		"none":       "theme=dark",
		"duplicates": strings.Repeat("__Host-id="+fuzzToken+"; ", 50),
		"huge":       "__Host-id=" + strings.Repeat("x", 900_000),
		"many":       strings.Repeat("a=b; ", 10_000),
		"separators": strings.Repeat(";", 900_000),
	} {
		lines := []string{line}
		allocs := testing.AllocsPerRun(10, func() {
			tokens, _, _ := coatcheck.ScanCookies("__Host-id", lines)
			if len(tokens) > 4 {
				t.Fatal("too many tokens")
			}
		})
		// One is the test's own: the tokens leave the scanner's frame.
		if allocs > 1 {
			t.Errorf("%s: %.0f allocations", name, allocs)
		}
	}
}

// Splitting the data of up to ten keys allocates nothing.
func TestSplitJSONAllocatesNothing(t *testing.T) {
	data := []byte(`{"a":1,"b":"two","c":[3],"d":{"e":5},"f":1,"g":1,"h":1,"i":1,"j":1,"k":1}`)
	var f coatcheck.Fields
	allocs := testing.AllocsPerRun(100, func() {
		if err := f.SplitJSON(data, 100); err != nil || f.Len() != 10 {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%.0f allocations", allocs)
	}
}
