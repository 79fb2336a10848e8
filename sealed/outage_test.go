package sealed_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/sealed"
)

// errLost is what a store says whose answer got lost.
var errLost = errors.New("the connection was lost")

// A revocation whose answer got lost has happened all the same, and so it is
// found out: neither a failure nor somebody else's.
func TestPromise2LostAnswer(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			var once sync.Once
			store := coatchecktest.NewStore(newRevoker(t, nil))
			var armed bool
			store.After = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID, err error) error {
				if op == coatchecktest.OpCreate && armed {
					once.Do(func() { err = errLost })
				}
				return err
			}
			site := open(t, setup{seal: sealed.Options{Revoker: store}})
			b := site.browser().login("ada")
			old := b.twin()
			b.visit(func(s *coatcheck.Session) {
				armed = true
				expectNil(t, end(b, s))
			})
			old.expectDead("the old cookie")
			if name == "renewed" {
				b.expectLive("ada")
			}
		})
	}
}

// A full Revoker refuses a logout, loudly: nothing was ended.
func TestPromise2FullRevoker(t *testing.T) {
	store := coatchecktest.NewStore(newRevoker(t, nil))
	store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
		if op == coatchecktest.OpCreate {
			return coatcheck.ErrFull
		}
		return nil
	}
	site := open(t, setup{seal: sealed.Options{Revoker: store}})
	b := site.browser().login("ada")
	for name, end := range endings {
		res := b.visit(func(s *coatcheck.Session) {
			if err := end(b, s); !errors.Is(err, coatcheck.ErrFull) {
				t.Errorf("%s: %v, want ErrFull", name, err)
			}
		})
		expectNoCookie(t, res)
		b.expectLive("ada")
	}
}

// No error, event or answer shows a token, a key or what a session holds.
func TestNothingIsShown(t *testing.T) {
	const secret = "the-secret-value"
	var shown strings.Builder
	var mu sync.Mutex
	show := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			shown.WriteString(err.Error() + "\n")
		}
	}
	options := coatcheck.Options{ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		show(err)
		coatcheck.DefaultErrorHandler(w, r, err)
	}}
	site := open(t, setup{options: options})
	b := site.browser()
	b.visit(func(s *coatcheck.Session) {
		motto.Set(s, secret)
		show(s.Login(t.Context(), "ada"))
	})
	b.visit(func(s *coatcheck.Session) { motto.Set(s, strings.Repeat(secret, 1000)) })
	good := b.value()
	for _, bad := range []string{good + "A", good[:len(good)-2], "3~" + good, "B" + good[1:], good[:10] + good[20:]} {
		b.jar[cookieName] = bad
		b.expectDead("a bad cookie")
	}
	b.jar[cookieName] = good
	b.visit(func(s *coatcheck.Session) {
		b.twin().visit(func(s *coatcheck.Session) { show(s.Renew(context.Background())) })
		show(s.Renew(t.Context()))
	})
	site.events.mu.Lock()
	defer site.events.mu.Unlock()
	for _, e := range site.events.events {
		shown.WriteString(e.Reason + "\n")
		show(e.Err)
	}
	for _, hidden := range []string{secret, good[10:30], good[len(good)-20:], testKey(t, 1).Reveal()[:10]} {
		if strings.Contains(shown.String(), hidden) {
			t.Errorf("%q is shown in\n%s", hidden, shown.String())
		}
	}
	if !strings.Contains(shown.String(), "too large") || !strings.Contains(shown.String(), "has ended") || !strings.Contains(shown.String(), "forged") {
		t.Errorf("too little is shown:\n%s", shown.String())
	}
}
