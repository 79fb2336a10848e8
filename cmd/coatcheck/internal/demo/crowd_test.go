package demo_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// Many clients on one session count to the exact number, and set as many keys
// as they set.
func TestCrowdLosesNothing(t *testing.T) {
	const clients, each = 32, 25
	base := start(t)
	b := newBrowser(t, base)
	b.tool("/set?k=born&v=yes")
	ticket := b.ticket()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	ask := func(path string) string {
		r := request(t, "GET", base+path, nil)
		r.Header.Set("Cookie", "id="+ticket)
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return ""
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %q, %v", path, res.Status, body, err)
		}
		return strings.TrimSpace(string(body))
	}
	var (
		crowd sync.WaitGroup
		mu    sync.Mutex
		seen  = map[string]bool{}
	)
	for i := range clients {
		crowd.Go(func() {
			for range each {
				n := ask("/count")
				mu.Lock()
				if seen[n] {
					t.Errorf("two clients counted to %s", n)
				}
				seen[n] = true
				mu.Unlock()
			}
			ask("/set?v=x&k=key" + string(rune('A'+i)))
		})
	}
	crowd.Wait()
	if got := ask("/get?k=count"); got != "800" {
		t.Errorf("32 clients that count 25 times each end at %s", got)
	}
	if got := ask("/keys"); got != "34" {
		t.Errorf("%s keys, want 32 and two", got)
	}
}

// A slow request that has loaded its session when that is logged out, or gets
// a new ticket, brings nothing back to life and touches no cookie.
func TestSlowRequestRevivesNothing(t *testing.T) {
	for _, end := range []string{"/logout", "/login?user=ada"} {
		t.Run(end[1:6], func(t *testing.T) {
			store := newStore(t)
			loads := newGate(store)
			base := serve(t, newSite(t, store, demo.Options{InsecureCookie: true}))
			b := newBrowser(t, base)
			b.tool("/count")
			old := b.ticket()

			late := make(chan answer)
			reached, open := loads.shut()
			go func() { late <- show(t, base, "/slow?ms=0", old) }()
			<-reached
			if a := b.tool(end); a.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", end, a.Status)
			}
			open()
			a := <-late
			if a.StatusCode != http.StatusConflict || a.Header.Get("Set-Cookie") != "" {
				t.Errorf("the slow request: %s, %q, cookie %q", a.Status, a.body, a.Header.Get("Set-Cookie"))
			}
			if got := show(t, base, "/keys", old).body; got != "0\n" {
				t.Errorf("the old ticket opens a session of %s keys", got)
			}
			if got := b.tool("/get?k=slow").body; got != "" {
				t.Errorf("the slow change landed: %q", got)
			}
		})
	}
}
