package sealed_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/sealed"
)

// Of two logins at once that find the owner's epoch damaged, only one begins
// another: the second must not end the session that the first has just begun.
func TestLoginsThatMendAnEpochTogetherBothLive(t *testing.T) {
	for after := range 5 {
		t.Run("behind call "+strconv.Itoa(after), func(t *testing.T) {
			store := &tap{Store: newRevoker(t, nil)}
			site := open(t, setup{seal: sealed.Options{Revoker: store}})
			ended := site.browser().login("ada")
			ended.destroyOwner("ada")
			spoil(t, store.Store, epochID("ada"))
			first, second := site.browser(), site.browser()
			calls := -1
			store.before = func(string) {
				if calls++; calls == after {
					second.login("ada")
				}
			}
			first.login("ada")
			store.before = nil
			first.expectLive("ada")
			if calls < after {
				second.login("ada")
			}
			second.expectLive("ada")
			ended.expectDead("a session from before")
		})
	}
}

// A revoker that fails while a damaged epoch is mended, at whatever call, and takes
// nothing new from then on, loses nothing either: what was ended stays so.
func TestPromise2EpochIsNotLostWhileItIsMended(t *testing.T) {
	for name, mend := range map[string]func(s *coatcheck.Session, m *coatcheck.Manager){
		"login":        func(s *coatcheck.Session, _ *coatcheck.Manager) { _ = s.Login(context.Background(), "ada") },
		"DestroyOwner": func(_ *coatcheck.Session, m *coatcheck.Manager) { _, _ = m.DestroyOwner(context.Background(), "ada") },
	} {
		for failing := range 6 {
			t.Run(name+", call "+strconv.Itoa(failing), func(t *testing.T) {
				store := coatchecktest.NewStore(newRevoker(t, nil))
				site := open(t, setup{seal: sealed.Options{Revoker: store}})
				ended := site.browser().login("ada")
				ended.destroyOwner("ada")
				spoil(t, store, epochID("ada"))
				calls := -1
				store.Before = func(_ context.Context, op coatchecktest.Op, id coatcheck.ID) error {
					calls++
					if id == epochID("ada") && (calls == failing || calls > failing && op != coatchecktest.OpLoad && op != coatchecktest.OpDelete) {
						return errLost
					}
					return nil
				}
				site.browser().visit(func(s *coatcheck.Session) { mend(s, site.m) })
				store.Before = nil
				ended.expectDead("a session that was ended before")
			})
		}
	}
}
