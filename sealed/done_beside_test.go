package sealed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// Beside a store that reports changes a sealed session's end is found within a
// PollInterval all the same, if the revoker is another one that must be asked.
func TestDoneBesideAWatchedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, revoker := newRevoker(t, nil), struct{ coatcheck.Store }{newRevoker(t, nil)}
		with := setup{store: store, seal: sealed.Options{Revoker: revoker}}
		here, elsewhere := assemble(t, with), assemble(t, with)
		b := here.browser().begin()
		b.twin().visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			time.Sleep(time.Minute) // the store has been watched for a while
			expectNil(t, elsewhere.m.Destroy(t.Context(), s.ID()))
			expectDone(t, s, 5*time.Second, coatcheck.ErrDestroyed)
		})
	})
}
