package coatcheck_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A nowhere is where responses go that nobody reads.
type nowhere http.Header

func (w nowhere) Header() http.Header       { return http.Header(w) }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

// Promise 9: crawlers, who carry no cookies, fill neither the store nor the
// memory.
func TestPromise9CrawlersLeaveNothing(t *testing.T) {
	const requests = 100_000
	store := watched(t)
	h := manage(t, store, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil || tally.Get(s) != 0 || s.Owner() != "" {
			t.Errorf("a crawler has a session: %v", err)
		}
		_, _ = w.Write([]byte("welcome"))
	}))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "https://site.test/", nil)
	crawl := func(n int) {
		for range n {
			w := make(nowhere)
			h.ServeHTTP(w, r)
			if len(w["Set-Cookie"]) > 0 {
				t.Fatal("a cookie was set")
			}
		}
	}
	crawl(1000) // what is made once is made
	before := heap()
	crawl(requests)
	// A leak of a dozen bytes in each request would be over it.
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes in %d requests", grown, requests)
	}
	expectEqual(t, "calls to the store", store.count(""), 0)
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools held is freed by the second one
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return int64(ms.HeapAlloc)
}

// Destroy creates nothing, however often it is called, and what it ended
// leaves no record.
func TestPromise9DestroyLeavesNoRecord(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin().login("ada")
	store.on(nil)
	v.visit(func(s *coatcheck.Session) {
		for range 3 {
			expectNil(t, s.Destroy(t.Context()))
		}
	})
	expectEqual(t, "cookie", v.cookie, "")
	expectEqual(t, "records created", store.count("Create"), 0)
}

// A store that is full of those who have logged in turns new visitors away, by
// 503 and without a cookie; those who are in stay in, and there is room again
// when somebody goes.
func TestPromise9StoreFullOfOwners(t *testing.T) {
	store := memstore.New(&memstore.Options{MaxSessions: 2, AnonymousShare: 1})
	t.Cleanup(func() { _ = store.Close() })
	m := manage(t, store, nil)
	first, second := newVisitor(t, m).login("ada"), newVisitor(t, m)
	newVisitor(t, m).login("eve")
	res := second.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		motto.Set(s, "carpe diem")
		n, err := w.Write([]byte("saved!"))
		expectError(t, err, coatcheck.ErrFull)
		expectEqual(t, "bytes written", n, 0)
	})
	expectStatus(t, res, http.StatusServiceUnavailable)
	expectNoCookie(t, res)
	expectNoCookie(t, second.visit(func(s *coatcheck.Session) {
		expectError(t, s.Login(t.Context(), "bob"), coatcheck.ErrFull)
	}))
	second.expectAnonymous()
	first.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	first.expectTally(1)
	first.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
	second.begin().expectMotto("")
}
