package sealed_test

import (
	"context"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/sealed"
)

// A revocation whose outcome is unknown may arrive later, whatever the revoker says
// to a second attempt: a login that went so is uncertain, and the request saves
// nothing more on the old session.
func TestPromise2DoubtOutlivesAClearAnswer(t *testing.T) {
	for name, answer := range map[string]error{"full": coatcheck.ErrFull, "too large": coatcheck.ErrTooLarge} {
		t.Run(name, func(t *testing.T) {
			store := coatchecktest.NewStore(newRevoker(t, nil))
			var late *coatcheck.Record
			site := open(t, setup{seal: sealed.Options{Revoker: &held{store, &late}}})
			b := site.browser().begin()
			store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
				if op == coatchecktest.OpCreate {
					return answer
				}
				return nil
			}
			res := b.visit(func(s *coatcheck.Session) {
				expectError(t, s.Login(context.Background(), "ada"), coatcheck.ErrUncertain)
				tally.Set(s, 1)
				expectError(t, s.Save(context.Background()), coatcheck.ErrGone)
			})
			expectNoCookie(t, res)
		})
	}
}

// A held store keeps the first record that is created on its way.
type held struct {
	coatcheck.Store
	late **coatcheck.Record
}

// Create implements coatcheck.Store.
func (s *held) Create(ctx context.Context, rec *coatcheck.Record) error {
	if *s.late != nil {
		return s.Store.Create(ctx, rec)
	}
	*s.late = rec
	return errLost
}
