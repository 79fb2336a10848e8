package coatcheck_test

import (
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// To wish for what is the case costs nothing: no save, no cookie, and no
// headers that must still be there. Handlers may say it in every request.
func TestSetPersistentAgain(t *testing.T) {
	for _, on := range []bool{true, false} {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
		v.visit(func(s *coatcheck.Session) { s.SetPersistent(on) })
		store.on(nil)
		again := func(s *coatcheck.Session) {
			s.SetPersistent(on)
			expectNil(t, s.Save(t.Context()))
			s.SetPersistent(on) // and once more, for the response
		}
		expectNoCookie(t, v.visit(again))
		expectEqual(t, "saves", store.count("Replace"), 0)
		res := v.serve(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			_, _ = w.Write([]byte("the headers leave"))
			again(s)
			tally.Set(s, 1)
		})
		expectStatus(t, res, http.StatusOK)
		expectEqual(t, "saves of the value", store.count("Replace"), 1)
		expectEqual(t, "late changes", len(events.of(coatcheck.EventLateChange)), 0)
		v.expectTally(1)
		expectEqual(t, "persistent", v.info().Persistent, on)
	}
}
