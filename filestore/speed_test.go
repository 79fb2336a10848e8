//go:build !race

package filestore_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// A Load takes the file's bytes, the record, its owner and the name of its
// file.
func TestAllocations(t *testing.T) {
	ctx := context.Background()
	s := open(t, place(t))
	rec := session(1, "ann")
	must(t, s.Create(ctx, rec))
	if n := testing.AllocsPerRun(100, func() { must(t, errOf(s.Load(ctx, rec.ID))) }); n > 6 {
		t.Errorf("Load allocates %v times, want 6", n)
	}
}

// A request that only reads writes nothing.
func TestReadingWritesNothing(t *testing.T) {
	dir, page := benchSite(t)
	before := map[string]time.Time{}
	for _, path := range files(t, dir) {
		before[path] = modTime(t, path)
	}
	for range 10 {
		page("/read")
	}
	for _, path := range files(t, dir) {
		if was, ok := before[path]; !ok || !modTime(t, path).Equal(was) {
			t.Errorf("%s was written", path)
		}
	}
	page("/count")
	if after := files(t, dir); len(after) != len(before) {
		t.Errorf("there are %d files, want %d", len(after), len(before))
	}
}

func modTime(t testing.TB, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.ModTime()
}

// benchSite is a site whose visitor has a session. page sends a request.
func benchSite(t testing.TB) (dir string, page func(path string)) {
	dir = place(t)
	store, err := filestore.Open(dir, nil)
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	m, err := coatcheck.New(store, nil)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if r.URL.Path == "/count" {
			views.Update(s, func(n int) int { return n + 1 })
		} else if views.Get(s) == 0 {
			t.Error("the session is lost")
		}
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/count", nil))
	cookie := w.Result().Cookies()[0]
	return dir, func(path string) {
		r := httptest.NewRequest("GET", path, nil)
		r.AddCookie(cookie)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// BenchmarkRead is a request that reads, beside one that reads the same file
// with nothing around it.
func BenchmarkRead(b *testing.B) {
	dir, page := benchSite(b)
	path := ""
	for _, name := range files(b, dir) {
		if info, err := os.Stat(name); err == nil && info.Size() > filestore.HeadSize {
			path = name
		}
	}
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { must(b, errOf(os.ReadFile(path))) })
	b.Run("session", func(b *testing.B) {
		for b.Loop() {
			page("/read")
		}
	})
	b.Run("bare file", func(b *testing.B) {
		for b.Loop() {
			r := httptest.NewRequest("GET", "/read", nil)
			r.AddCookie(&http.Cookie{Name: "__Host-id", Value: "x"})
			bare.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}

// BenchmarkCount is a request that changes the session, beside one that writes
// as much into a new file and gives that the name of the old one.
func BenchmarkCount(b *testing.B) {
	dir, page := benchSite(b)
	content := make([]byte, 200)
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		must(b, os.WriteFile(dir+".new", content, 0o600))
		must(b, os.Rename(dir+".new", dir+".old"))
	})
	b.Run("session", func(b *testing.B) {
		for b.Loop() {
			page("/count")
		}
	})
	b.Run("bare file", func(b *testing.B) {
		for b.Loop() {
			r := httptest.NewRequest("GET", "/count", nil)
			r.AddCookie(&http.Cookie{Name: "__Host-id", Value: "x"})
			bare.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
