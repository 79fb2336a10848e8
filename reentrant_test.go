package coatcheck_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// The function of an Update may change other keys: it runs again only if its
// own value has changed.
func TestUpdateFunctionSetsAnotherKey(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	v.visit(func(s *coatcheck.Session) {
		runs := 0
		tally.Update(s, func(n int) int {
			if runs++; runs < 100 { // and not for ever, should it not return
				motto.Set(s, "tempus fugit")
			}
			return n + 1
		})
		expectEqual(t, "runs", runs, 1)
	})
	v.expectTally(1)
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "tempus fugit") })
}

// The function of an Update that sets its own key is not the last to speak of
// it, but must not lose what it set either: it runs again on that.
func TestUpdateFunctionSetsItsOwnKey(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	v.visit(func(s *coatcheck.Session) {
		runs := 0
		tally.Update(s, func(n int) int {
			if runs++; runs < 100 {
				tally.Set(s, 10)
			}
			return n + 1
		})
		expectEqual(t, "runs", runs, 2)
	})
	v.expectTally(11)
}

// askers are listeners that ask for the session of the context they are given,
// as one does that writes the owner into a log.
var askers = map[string]func(o *coatcheck.Options, ask func(context.Context)){
	"OnEvent": func(o *coatcheck.Options, ask func(context.Context)) {
		o.OnEvent = func(ctx context.Context, _ coatcheck.Event) { ask(ctx) }
	},
	"Logger": func(o *coatcheck.Options, ask func(context.Context)) {
		o.Logger = slog.New(asking{slog.DiscardHandler, ask})
	},
}

// asking is a slog.Handler that asks for every record that it is given.
type asking struct {
	slog.Handler
	ask func(context.Context)
}

func (asking) Enabled(context.Context, slog.Level) bool { return true }

func (h asking) Handle(ctx context.Context, _ slog.Record) error { h.ask(ctx); return nil }

// Who listens to events may call FromContext, though the event comes from the
// FromContext of the handler, which is not done yet. Both get the same.
func TestListenersMayAskForTheSession(t *testing.T) {
	for name, setup := range map[string]func(v *visitor, store *spy){
		"a token that is none":    func(v *visitor, _ *spy) { v.cookie = "__Host-id=x" },
		"a token that is unknown": func(v *visitor, _ *spy) { expectNil(v.t, v.m.Destroy(v.t.Context(), v.id())) },
		"a token that was replaced": func(v *visitor, _ *spy) {
			v.twin().visit(func(s *coatcheck.Session) { expectNil(v.t, s.Renew(v.t.Context())) })
		},
		"several cookies": func(v *visitor, _ *spy) { v.cookie += "; __Host-id=x" },
		"a store error":   func(_ *visitor, store *spy) { store.on(only("Load", notDone)) },
	} {
		for listener, listen := range askers {
			t.Run(name+", "+listener, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil)).begin()
				setup(v, store)
				var asked atomic.Int32
				var heard atomic.Pointer[coatcheck.Session]
				var options coatcheck.Options
				listen(&options, func(ctx context.Context) {
					s, _ := coatcheck.FromContext(ctx)
					heard.Store(s)
					asked.Add(1)
				})
				v = v.at(manage(t, store, &options))
				done := make(chan struct{})
				go func() {
					defer close(done)
					v.serve(func(_ http.ResponseWriter, r *http.Request) {
						s, err := coatcheck.FromContext(r.Context())
						if heard.Load() != s || err == nil && s == nil {
							t.Errorf("the listener got %p, the handler %p with %v", heard.Load(), s, err)
						}
					})
				}()
				tcpWait(t, done)
				if asked.Load() == 0 {
					t.Error("there was no event")
				}
			})
		}
	}
}
