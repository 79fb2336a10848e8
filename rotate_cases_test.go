package coatcheck_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A fairground is a carousel behind a real server. Its pages say whose session
// it is and what its tally is; /add adds to that, /renew renews, /wait adds when
// everybody is there or the gate is opened.
type fairground struct {
	*carousel
	server *httptest.Server
	there  chan struct{} // one value for each who has
	gate   chan struct{}
}

func newFairground(t *testing.T, set ...func(*coatcheck.Options)) *fairground {
	f := &fairground{carousel: newCarousel(t, set...), there: make(chan struct{}, 100), gate: make(chan struct{})}
	mux := http.NewServeMux()
	page := func(fn func(r *http.Request, s *coatcheck.Session) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err == nil {
				err = fn(r, s)
			}
			if err != nil {
				coatcheck.Error(w, r, err)
				return
			}
			fmt.Fprintf(w, "%q %d", s.Owner(), tally.Get(s))
		}
	}
	mux.Handle("/", page(func(*http.Request, *coatcheck.Session) error { return nil }))
	mux.Handle("/add", page(func(_ *http.Request, s *coatcheck.Session) error { tally.Update(s, increment); return nil }))
	mux.Handle("/renew", page(func(r *http.Request, s *coatcheck.Session) error { return s.Renew(r.Context()) }))
	mux.Handle("/login", page(func(r *http.Request, s *coatcheck.Session) error { return s.Login(r.Context(), "ada") }))
	mux.Handle("/wait", page(func(_ *http.Request, s *coatcheck.Session) error {
		tally.Update(s, increment)
		f.there <- struct{}{}
		<-f.gate
		return nil
	}))
	f.server = httptest.NewServer(f.m.Handler(mux))
	t.Cleanup(f.server.Close)
	return f
}

// get sends a request with a cookie, and returns what the page said and the
// cookie that it set, "" if none.
func (f *fairground) get(path, cookie string) (status int, body, set string) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), "GET", f.server.URL+path, nil)
	expectNil(f.t, err)
	r.Header.Set("Cookie", cookie)
	res, err := f.server.Client().Do(r)
	if err != nil {
		f.t.Error(err)
		return 0, "", ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	expectNil(f.t, err)
	for _, c := range res.Cookies() {
		set = c.Name + "=" + c.Value
	}
	return res.StatusCode, string(text), set
}

// expect checks what the page says to a cookie.
func (f *fairground) expect(cookie, want string) {
	f.t.Helper()
	status, body, _ := f.get("/", cookie)
	if status != http.StatusOK || body != want {
		f.t.Errorf("status %d, %s; want %s", status, body, want)
	}
}

// enter logs somebody in, and waits for the hour.
func (f *fairground) enter() (cookie string) {
	f.t.Helper()
	_, _, cookie = f.get("/login", "")
	f.clock.Advance(time.Hour)
	return cookie
}

// A save under way when the session is rotated is not lost; when it is renewed
// it is rejected; and in no case does the old token's record come back.
func TestCase16InFlightSaveAfterRenewal(t *testing.T) {
	for _, end := range []string{"/", "/renew"} {
		t.Run("by "+end, func(t *testing.T) {
			f := newFairground(t)
			old := f.enter()
			var status int
			var set string
			done := make(chan struct{})
			go func() {
				defer close(done)
				status, _, set = f.get("/wait", old)
			}()
			<-f.there
			_, _, now := f.get(end, old)
			close(f.gate)
			<-done
			rec, err := f.store.inner.Load(t.Context(), f.m.ID(coatcheck.Token(old[len("__Host-id="):])))
			expectNil(t, err)
			expectEqual(t, "data under the old ID", len(rec.Data), 0)
			if end == "/renew" {
				expectEqual(t, "status", status, http.StatusConflict)
				expectEqual(t, "cookie", set, "")
				f.expect(old, `"" 0`)
				f.expect(now, `"ada" 0`)
				return
			}
			expectEqual(t, "status", status, http.StatusOK)
			expectEqual(t, "cookie", set, now)
			f.expect(old, `"ada" 1`)
			f.expect(now, `"ada" 1`)
		})
	}
}

// Parallel requests at the moment of a rotation: each succeeds, there is one
// successor, and no change is lost.
func TestCase17ParallelRenewals(t *testing.T) {
	for _, crowd := range []int{10, 50} {
		t.Run(fmt.Sprint(crowd), func(t *testing.T) {
			f := newFairground(t)
			old := f.enter()
			sets := make([]string, crowd)
			go func() {
				for range crowd {
					<-f.there // everybody has loaded the session
				}
				close(f.gate)
			}()
			together(crowd, func(i int) {
				var status int
				status, _, sets[i] = f.get("/wait", old)
				expectEqual(t, "status", status, http.StatusOK)
			})
			next := ""
			for _, set := range sets {
				if set != "" && next != "" && set != next {
					t.Error("two successors")
				}
				if set != "" {
					next = set
				}
			}
			if next == "" {
				t.Fatal("no successor")
			}
			want := fmt.Sprintf("%q %d", "ada", crowd)
			f.expect(old, want)
			f.expect(next, want) // from now on there is grace only
			f.clock.Advance(graceLife - time.Millisecond)
			f.expect(old, want)
			expectEqual(t, "rotations", len(f.events.of(coatcheck.EventRotated)), 1)
			expectEqual(t, "sessions", f.sessions(), 1)
			f.clock.Advance(time.Millisecond)
			f.expect(old, `"" 0`)
			f.expect(next, want)
		})
	}
}

// Parallel first uses of the new token write that down once.
func TestRotationParallelSight(t *testing.T) {
	c := newCarousel(t)
	v, old := c.rotated("ada")
	c.store.on(nil)
	together(20, func(int) { see(v.twin()) })
	expectEqual(t, "saves", c.store.count("Replace"), 1)
	expectEqual(t, "replayed", len(c.events.of(coatcheck.EventReplayed)), 0)
	c.clock.Advance(graceLife)
	old.expectAnonymous()
	v.expectMotto("ada")
}

// A rotated token behind its grace: nobody, an event, and if it is wanted the
// end of the family, which the thief and the visitor notice alike.
func TestCase18RotatedTokenAfterGrace(t *testing.T) {
	for _, ends := range []bool{false, true} {
		t.Run(fmt.Sprint("EndReused ", ends), func(t *testing.T) {
			f := newFairground(t, func(o *coatcheck.Options) { o.EndReused = ends })
			stolen := f.enter()
			_, _, mine := f.get("/add", stolen)
			f.expect(mine, `"ada" 1`)
			f.clock.Advance(graceLife)
			f.events.clear()
			calls := f.store.count("Replace") + f.store.count("Create")
			f.expect(stolen, `"" 0`)
			if !ends {
				expectEqual(t, "writes", f.store.count("Replace")+f.store.count("Create"), calls)
			}
			expectEqual(t, "reuses", len(f.events.of(coatcheck.EventReused)), 1)
			status, _, set := f.get("/add", stolen)
			if set == mine || ends == (status == http.StatusConflict) || !ends && set != "" {
				t.Errorf("a write by the old token: status %d", status)
			}
			if ends {
				f.expect(mine, `"" 0`)
			} else {
				f.expect(mine, `"ada" 1`)
			}
		})
	}
}
