package itest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// The budget of each client of a flooded site, how many clients flood it, and
// how long it takes until a spent budget lets one more through: longer than any
// test.
const (
	floodBudget  = 50
	floodClients = 10
	floodWindow  = 24 * time.Hour
)

var (
	floodNote  = coatcheck.NewKey[string]("note")
	floodViews = coatcheck.NewKey[int]("views")
)

// A floodSite is a site with a logged-in user, for whom nothing may change
// while others flood it.
type floodSite struct {
	t       *testing.T
	store   *memstore.Store
	m       *coatcheck.Manager
	handler http.Handler
	cookie  string // the user's
	views   int    // that the user has had
}

func newFloodSite(t *testing.T) *floodSite {
	t.Helper()
	site := &floodSite{t: t, store: memstore.New(nil)}
	t.Cleanup(func() { _ = site.store.Close() })
	m, err := coatcheck.New(site.store, &coatcheck.Options{
		SweepInterval: coatcheck.NoSweep,
		Logger:        slog.New(slog.DiscardHandler),
		FirstTimeout:  5 * time.Minute,
		Flood: coatcheck.FloodOptions{
			PerClient: floodBudget, Window: floodWindow,
			Client: coatcheck.TruncatedAddress(coatcheck.ForwardedAddress(netip.MustParsePrefix("127.0.0.0/8"))),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	site.m, site.handler = m, m.Handler(http.HandlerFunc(site.serve))
	s, err := m.Open(t.Context(), "")
	if err == nil {
		err = s.Login(t.Context(), "ada")
	}
	if err != nil {
		t.Fatal(err)
	}
	site.cookie = "__Host-id=" + string(s.Token())
	return site
}

// serve reads the session, and writes to it where the path says so.
func (site *floodSite) serve(w http.ResponseWriter, r *http.Request) {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		coatcheck.Error(w, r, err)
		return
	}
	switch r.URL.Path {
	case "/write":
		floodNote.Set(s, "carpe diem")
	case "/view":
		floodViews.Update(s, func(n int) int { return n + 1 })
	}
	_, _ = fmt.Fprintf(w, "%s %d", s.Owner(), floodViews.Get(s))
}

// A floodAnswer is what of an answer is looked at. It is used again and again.
type floodAnswer struct {
	header http.Header
	status int
	body   []byte
}

func (a *floodAnswer) Header() http.Header { return a.header }

func (a *floodAnswer) WriteHeader(status int) { a.status = status }

func (a *floodAnswer) Write(b []byte) (int, error) {
	a.body = append(a.body, b...)
	return len(b), nil
}

// ask sends one request to the site, without a network.
func (a *floodAnswer) ask(h http.Handler, r *http.Request) {
	a.status, a.body = http.StatusOK, a.body[:0]
	clear(a.header)
	h.ServeHTTP(a, r)
}

// user makes requests as the user until done is closed, at least some, and
// returns how long each took. Each must be answered, and none be lost.
func (site *floodSite) user(done <-chan struct{}) (took []time.Duration) {
	a := &floodAnswer{header: make(http.Header)}
	r := httptest.NewRequest("GET", "https://site.test/view", nil)
	r.Header.Set("Cookie", site.cookie)
	for {
		select {
		case <-done:
			if len(took) >= 100 {
				return took
			}
		default:
		}
		begin := time.Now()
		a.ask(site.handler, r)
		took = append(took, time.Since(begin))
		site.views++
		if want := fmt.Sprintf("ada %d", site.views); a.status != http.StatusOK || string(a.body) != want {
			site.t.Errorf("the user is answered %d %q, want %q", a.status, a.body, want)
			return took
		}
		runtime.Gosched()
	}
}

// quiet is how long the user's requests take while nothing else happens.
func (site *floodSite) quiet() []time.Duration {
	done := make(chan struct{})
	timer := time.AfterFunc(time.Duration(scale(50, 1000))*time.Millisecond, func() { close(done) })
	defer timer.Stop()
	return site.user(done)
}

// flood sends n requests without cookies, from several clients at once, while
// the user goes on. It returns how they were answered.
func (site *floodSite) flood(n int, path string) (answers map[int]int, cookies int, took []time.Duration) {
	answers = make(map[int]int)
	var mu sync.Mutex
	var next atomic.Int64
	var crowd sync.WaitGroup
	for range 2 {
		crowd.Go(func() {
			a := &floodAnswer{header: make(http.Header)}
			var requests [floodClients]*http.Request
			for i := range requests {
				requests[i] = httptest.NewRequest("GET", "https://site.test"+path, nil)
				requests[i].RemoteAddr = fmt.Sprintf("198.51.%d.7:4711", i)
			}
			mine, set := make(map[int]int), 0
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				a.ask(site.handler, requests[i%floodClients])
				mine[a.status]++
				if len(a.header["Set-Cookie"]) > 0 {
					set++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for status, count := range mine {
				answers[status] += count
			}
			cookies += set
		})
	}
	done := make(chan struct{})
	go func() { crowd.Wait(); close(done) }()
	took = site.user(done)
	<-done
	return answers, cookies, took
}

// records returns how many sessions there are, and how many of them are
// anonymous.
func (site *floodSite) records() (all, anonymous int64) {
	site.t.Helper()
	stat, err := site.store.Stat(context.Background())
	if err != nil {
		site.t.Fatal(err)
	}
	return stat.Records, stat.Anonymous
}

// heapInUse returns how many bytes are in use.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what pools held is freed by the second one
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return int64(ms.HeapAlloc)
}

// quantiles says how long requests took.
func quantiles(took []time.Duration) string {
	took = slices.Clone(took)
	slices.Sort(took)
	return fmt.Sprintf("%d requests, p50 %v, p99 %v", len(took), took[len(took)/2], took[len(took)*99/100])
}

// 61: a million requests without cookies leave no record, no cookie and no
// memory behind. A million that write begin as many sessions as ten clients
// may, and not one more. Of all that the logged-in user notices nothing.
func TestCase61AMillionCookielessRequests(t *testing.T) {
	n := scale(9000, 1_000_000)
	site := newFloodSite(t)
	site.flood(100, "/read") // what is made once is made
	t.Logf("the user alone: %s", quantiles(site.quiet()))
	before := heapInUse()
	begin := time.Now()
	answers, cookies, took := site.flood(n, "/read")
	grown := heapInUse() - before - int64(8*cap(took))
	t.Logf("%d that read in %v: answers %v, %d bytes more in use; the user: %s", n, time.Since(begin).Round(time.Millisecond), answers, grown, quantiles(took))
	if all, anonymous := site.records(); all != 1 || anonymous != 0 || cookies != 0 || answers[http.StatusOK] != n {
		t.Errorf("%d records, %d anonymous, %d cookies, answers %v", all, anonymous, cookies, answers)
	}
	if grown > 1<<20 {
		t.Errorf("%d bytes more are in use", grown)
	}
	before, begin = heapInUse(), time.Now()
	answers, cookies, took = site.flood(n, "/write")
	grown = heapInUse() - before - int64(8*cap(took))
	t.Logf("%d that write in %v: answers %v, %d bytes more in use; the user: %s", n, time.Since(begin).Round(time.Millisecond), answers, grown, quantiles(took))
	const budget = floodClients * floodBudget
	if all, anonymous := site.records(); all != 1+budget || anonymous != budget || cookies != budget || answers[http.StatusOK] != budget || answers[http.StatusTooManyRequests] != n-budget {
		t.Errorf("%d records, %d anonymous, %d cookies, answers %v; want %d born", all, anonymous, cookies, answers, budget)
	}
	if grown > 4<<20 {
		t.Errorf("%d bytes more are in use", grown)
	}
	if refused := site.m.Stats().Refused; refused != uint64(n-budget) {
		t.Errorf("%d refusals are counted", refused)
	}
}

// 61, over a real server behind a proxy: the budget is the client's and not the
// proxy's, and what it answers is an answer by HTTP.
func TestCase61OverHTTP(t *testing.T) {
	n := scale(1500, 20_000)
	site := newFloodSite(t)
	server := httptest.NewServer(site.handler)
	defer server.Close()
	t.Logf("the user alone: %s", quantiles(site.quiet()))
	var next, born, refused, others atomic.Int64
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/write", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.9.8.7, 198.51.%d.%d", i%floodClients, i%200))
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				cookie, retry := len(res.Cookies()) == 1, res.Header.Get("Retry-After") != ""
				switch {
				case res.StatusCode == http.StatusOK && cookie && !retry:
					born.Add(1)
				case res.StatusCode == http.StatusTooManyRequests && !cookie && retry:
					refused.Add(1)
				default:
					others.Add(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { crowd.Wait(); close(done) }()
	took := site.user(done)
	<-done
	t.Logf("%d requests over HTTP: %d born, %d refused; the user: %s", n, born.Load(), refused.Load(), quantiles(took))
	want := int64(min(n, floodClients*floodBudget))
	if born.Load() != want || refused.Load() != int64(n)-want || others.Load() != 0 {
		t.Errorf("%d born, %d refused, %d answered otherwise; want %d born", born.Load(), refused.Load(), others.Load(), want)
	}
	if all, _ := site.records(); all != 1+want {
		t.Errorf("%d records, want %d", all, 1+want)
	}
}
