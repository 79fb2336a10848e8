package coatcheck_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A session that has ended under its request can still be asked and changed:
// it is empty, and the change is refused at the save. The request has saved
// before, so that nothing of what it holds was looked at since.
func TestEndedSessionCanBeAsked(t *testing.T) {
	for name, end := range map[string]struct {
		how func(ctx context.Context, v *visitor) error // in another tab
		op  func(ctx context.Context, s *coatcheck.Session) error
	}{
		"Touch": {func(ctx context.Context, v *visitor) error { return v.m.Destroy(ctx, v.id()) }, func(ctx context.Context, s *coatcheck.Session) error {
			return s.Touch(ctx)
		}},
		"Destroy": {func(ctx context.Context, v *visitor) (err error) {
			v.visit(func(s *coatcheck.Session) { err = s.Renew(ctx) })
			return err
		}, func(ctx context.Context, s *coatcheck.Session) error {
			return s.Destroy(ctx)
		}},
	} {
		for question, ask := range map[string]func(*coatcheck.Session) bool{
			"Get":    func(s *coatcheck.Session) bool { return motto.Get(s) == "" },
			"Lookup": func(s *coatcheck.Session) bool { _, ok, err := motto.Lookup(s); return !ok && err == nil },
			"Pop":    func(s *coatcheck.Session) bool { return tally.Pop(s) == 0 },
			"Keys":   func(s *coatcheck.Session) bool { return len(s.Keys()) == 0 },
			"Update": func(s *coatcheck.Session) bool { tally.Update(s, increment); return tally.Get(s) == 1 },
			"Token":  func(s *coatcheck.Session) bool { return s.Token() == "" && s.ID().IsZero() && s.IsNew() },
		} {
			t.Run(question+" behind "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
					tab := v.twin()
					res := tab.visit(func(s *coatcheck.Session) {
						tally.Set(s, 5)
						expectNil(t, s.Save(t.Context()))
						time.Sleep(5 * time.Minute) // a touch is due
						expectNil(t, end.how(t.Context(), v))
						expectError(t, end.op(t.Context(), s), coatcheck.ErrGone)
						if !ask(s) {
							t.Errorf("the session is not empty: keys %q", s.Keys())
						}
						tally.Set(s, 6)
					})
					expectStatus(t, res, http.StatusConflict)
					expectNoCookie(t, res)
				})
			})
		}
	}
}
