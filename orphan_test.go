package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A login in another goroutine of the request that is done when the headers
// have left is an error, and leaves nothing: its token would reach nobody, and
// its session stand in the owner's list for hours. The response does not wait
// for it longer than for a store, and says that the store was slow.
func TestLoginThatEndsBehindTheHeaders(t *testing.T) {
	for _, test := range []struct {
		name string
		born bool // there is a session before
		slow []string
		each time.Duration // that a call takes
		ends bool          // the old session
	}{
		{"slow before the decisive step", true, []string{"Create"}, 3 * time.Second, false},
		{"slow in the decisive step", true, []string{"Replace"}, 3 * time.Second, true},
		{"slow in all, each in time", true, []string{"Create", "Replace"}, 1500 * time.Millisecond, true},
		{"slow, and no session before", false, []string{"Create"}, 3 * time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, &coatcheck.Options{StoreTimeout: 2 * time.Second}))
				if test.born {
					v.begin()
				}
				login := make(chan error, 1)
				store.on(func(_ context.Context, o op, do func() error) error {
					if slices.Contains(test.slow, o.name) {
						time.Sleep(test.each)
					}
					return do()
				})
				res := v.serve(func(w http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectNil(t, err)
					go func() { login <- s.Login(r.Context(), "ada") }()
					synctest.Wait()
					_, _ = w.Write([]byte("welcome"))
				})
				expectStatus(t, res, http.StatusServiceUnavailable)
				expectNoCookie(t, res)
				err := <-login
				expectError(t, err, coatcheck.ErrHeadersSent)
				expectEqual(t, "the session has ended", errors.Is(err, coatcheck.ErrGone), test.ends)
				store.on(nil)
				for info, err := range v.m.Sessions(t.Context(), "ada") {
					t.Errorf("a session that nobody holds: %+v, %v", info, err)
				}
				if test.born && !test.ends {
					v.expectMotto("")
				} else {
					v.expectAnonymous()
				}
			})
		})
	}
}
