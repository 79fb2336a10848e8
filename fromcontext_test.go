package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A hurried context has a deadline that has come, but was not told yet: timers
// come in no order.
type hurried struct {
	context.Context
	deadline time.Time
}

func (c hurried) Deadline() (time.Time, bool) { return c.deadline, true }

// A caller of FromContext with a short deadline of its own spoils nothing for
// those who come behind: what the store could not do in that time it may do in
// more.
func TestFromContextWithLittleTime(t *testing.T) {
	for name, little := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"a timeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Millisecond)
		},
		"a late timeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return hurried{ctx, time.Now()}, func() {}
		},
		"no time at all": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			res := v.serve(func(_ http.ResponseWriter, r *http.Request) {
				store.on(only("Load", hang))
				ctx, cancel := little(r.Context())
				defer cancel()
				_, err := coatcheck.FromContext(ctx)
				if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want the context's own", err)
				}
				store.on(nil)
				s, err := coatcheck.FromContext(r.Context())
				if err != nil {
					t.Errorf("with all the time there is: %v", err)
					return
				}
				expectEqual(t, "motto", motto.Get(s), "carpe diem")
				tally.Set(s, 1)
			})
			expectStatus(t, res, http.StatusOK)
			v.expectTally(1)
		})
	}
}

// An error of the program that passes through Transact says nothing about the
// store, and the visitor is not asked to try again.
func TestStatusOfAnErrorOfTheProgram(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	res := v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		coatcheck.Error(w, r, s.Transact(r.Context(), func(*coatcheck.Session) error { return errRefused }))
	})
	expectStatus(t, res, http.StatusInternalServerError)
}
