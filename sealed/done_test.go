package sealed_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// reasons are why the endings close Done.
var reasons = map[string]error{
	"destroyed":          coatcheck.ErrDestroyed,
	"renewed":            coatcheck.ErrRenewed,
	"logged in":          coatcheck.ErrRenewed,
	"destroyed by ID":    coatcheck.ErrDestroyed,
	"destroyed by owner": coatcheck.ErrDestroyed,
}

// doneRevokers report changes, or must be asked.
var doneRevokers = map[string]func(t testing.TB) (coatcheck.Store, time.Duration){
	"Watcher": func(t testing.TB) (coatcheck.Store, time.Duration) { return newRevoker(t, nil), 0 },
	"asked": func(t testing.TB) (coatcheck.Store, time.Duration) {
		return struct{ coatcheck.Store }{newRevoker(t, nil)}, 5 * time.Second
	},
}

func expectDone(t testing.TB, s *coatcheck.Session, within time.Duration, why error) {
	t.Helper()
	start := time.Now()
	select {
	case <-s.Done():
	case <-time.After(24 * time.Hour):
		t.Fatalf("Done stays open, want %v", why)
	}
	if took := time.Since(start); took > within {
		t.Errorf("Done was closed after %v, want %v", took, within)
	}
	expectError(t, s.Ended(), why)
}

func expectOpen(t testing.TB, s *coatcheck.Session) {
	t.Helper()
	s.Done()
	synctest.Wait()
	select {
	case <-s.Done():
		t.Errorf("Done is closed: %v", s.Ended())
	default:
	}
}

// Whoever listens to a sealed session learns of its end: at once in the same
// process, elsewhere by the revoker.
func TestDoneClosesWhenASealedSessionEnds(t *testing.T) {
	for name, end := range endings {
		for revoker, open := range doneRevokers {
			for _, where := range []string{"here", "elsewhere"} {
				t.Run(name+"/"+revoker+"/"+where, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						store, bound := open(t)
						site := assemble(t, setup{seal: sealed.Options{Revoker: store}})
						by := site
						if where == "elsewhere" {
							by = assemble(t, setup{seal: sealed.Options{Revoker: store}})
						} else {
							bound = 0
						}
						b := site.browser().login("ada")
						site.browser().login("bob").visit(func(other *coatcheck.Session) {
							b.twin().visit(func(s *coatcheck.Session) {
								expectOpen(t, s)
								expectOpen(t, other)
								time.Sleep(time.Minute)
								ender := b.twin().at(by)
								ender.visit(func(s *coatcheck.Session) { expectNil(t, end(ender, s)) })
								expectDone(t, s, bound, reasons[name])
								expectOpen(t, other)
							})
						})
					})
				})
			}
		}
	}
}

// A sealed session that DestroyOwner spares stays open; so does one that renews
// itself, until the new one ends.
func TestDoneOfASealedSessionThatLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := assemble(t, setup{})
		site.browser().login("ada").visit(func(s *coatcheck.Session) {
			site.browser().login("ada").visit(func(other *coatcheck.Session) {
				expectOpen(t, s)
				expectOpen(t, other)
				_, err := site.m.DestroyOwner(t.Context(), "ada", s.ID())
				expectNil(t, err)
				expectDone(t, other, 0, coatcheck.ErrDestroyed)
				time.Sleep(time.Minute)
				expectOpen(t, s)
			})
			expectNil(t, s.Renew(t.Context()))
			time.Sleep(time.Minute)
			expectOpen(t, s)
			expectNil(t, site.m.Destroy(t.Context(), s.ID()))
			expectDone(t, s, 0, coatcheck.ErrDestroyed)
		})
	})
}

// A sealed session expires with the token that is known. A later one, of
// another request that listens, or by a touch outside HTTP, counts.
func TestDoneClosesAtASealedTokensExpiry(t *testing.T) {
	for name, seal := range map[string]sealed.Options{"revocable": {}, "unrevocable": {AllowUnrevocable: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := assemble(t, setup{seal: seal})
				b := site.browser().login("ada")
				b.twin().visit(func(s *coatcheck.Session) {
					expectOpen(t, s)
					time.Sleep(20 * time.Minute)
					b.visit(func(*coatcheck.Session) {}) // gets a token that lasts longer
					expectDone(t, s, 10*time.Minute+time.Second, coatcheck.ErrExpired)
				})
				b.expectLive("ada")
				out, err := site.m.Open(t.Context(), coatcheck.Token(b.value()))
				expectNil(t, err)
				for range 5 {
					expectOpen(t, out)
					time.Sleep(20 * time.Minute)
					expectNil(t, out.Touch(t.Context()))
				}
				expectDone(t, out, 31*time.Minute, coatcheck.ErrExpired)
			})
		})
	}
}

// A revoker that is down ends nothing before its time.
func TestDoneStaysOpenWhileTheRevokerIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &fallible{Store: newRevoker(t, nil)}
		site := assemble(t, setup{seal: sealed.Options{Revoker: store}})
		site.browser().login("ada").visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			store.down.Store(true)
			time.Sleep(29 * time.Minute)
			expectOpen(t, s)
			if n := site.events.of(coatcheck.EventStoreError); n < 29*12 {
				t.Errorf("%d store errors", n)
			}
			expectDone(t, s, time.Minute+time.Second, coatcheck.ErrExpired)
			store.down.Store(false)
		})
	})
}

// A fallible store loads nothing while it is down.
type fallible struct {
	*memstore.Store
	down atomic.Bool
}

func (f *fallible) Capabilities() coatcheck.Capabilities { return coatcheck.Capabilities{} }

func (f *fallible) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if f.down.Load() {
		return nil, errors.New("the network is down")
	}
	return f.Store.Load(ctx, id)
}
