package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A ride is a race about a session whose rotation is due.
type ride struct{ race }

func newRide(t *testing.T, owner string) *ride {
	clock := newClock()
	opts := &coatcheck.Options{RotateEvery: time.Minute, Now: clock.Now}
	r := &ride{race: race{t: t, store: shelf(t, clock.Now), opts: opts}}
	r.v = newVisitor(t, manage(t, r.store, opts)).begin()
	if owner != "" {
		r.v.login(owner)
	}
	clock.Advance(time.Minute)
	return r
}

// An answer is what became of a request: its status, and the token that it set.
type answer struct {
	status int
	token  coatcheck.Token
}

// requesting returns the end of a request in a process of its own, that has
// loaded the session already.
func (r *ride) requesting(h hook, a *answer, fn func(s *coatcheck.Session)) func() {
	s := &spy{inner: r.store}
	client := r.v.at(manage(r.t, s, r.opts))
	before := client.cookie
	loaded, on, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		res := client.visit(func(s *coatcheck.Session) {
			close(loaded)
			<-on
			fn(s)
		})
		a.status = res.StatusCode
		if client.cookie != before {
			a.token = client.token()
		}
	}()
	<-loaded
	s.on(h)
	return func() { close(on); <-done }
}

func nothing(*coatcheck.Session)            {}
func addOne(s *coatcheck.Session)           { tally.Update(s, increment) }
func isGone(err error) bool                 { return errors.Is(err, coatcheck.ErrGone) }
func (r *ride) manager() *coatcheck.Manager { return manage(r.t, r.store, r.opts) }

// interruptions is the limit of an explorer, greater when the long counts are
// asked for.
func interruptions(n int) int {
	if os.Getenv("COATCHECK_TORTURE") == "1" {
		return n + 2
	}
	return n
}

// rideOperations are what happens to a session outside HTTP.
var rideOperations = map[string]func(ctx context.Context, s *coatcheck.Session) error{
	"Save":    func(ctx context.Context, s *coatcheck.Session) error { addOne(s); return s.Save(ctx) },
	"Renew":   func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) },
	"Login":   func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") },
	"Destroy": func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) },
}

// outcomes are what became of the actors of a ride.
type outcomes struct {
	names   []string
	fates   []fate
	answers []answer
}

// cast returns what the actors of these names do.
func (r *ride) cast(names []string, hooks []hook) (do []func(), out *outcomes) {
	out = &outcomes{names, make([]fate, len(names)), make([]answer, len(names))}
	for i, name := range names {
		switch name {
		case "rotate":
			do = append(do, r.requesting(hooks[i], &out.answers[i], nothing))
		case "save and rotate":
			do = append(do, r.requesting(hooks[i], &out.answers[i], addOne))
		default:
			do = append(do, r.holding(hooks[i], func(s *coatcheck.Session) {
				out.fates[i].after(s, rideOperations[name](r.t.Context(), s))
			}))
		}
	}
	return do, out
}

// Every order of the calls of rotations with those of other operations: there is
// one session or, if somebody ended it, none but its successor's; nothing that
// was acknowledged is lost; and everybody who has a token has one that leads to
// it.
func TestRotationInEveryOrder(t *testing.T) {
	for _, names := range [][]string{
		{"rotate", "rotate"}, {"rotate", "Save"}, {"save and rotate", "Save"}, {"save and rotate", "save and rotate"},
		{"rotate", "Renew"}, {"rotate", "Login"}, {"rotate", "Destroy"}, {"save and rotate", "Login"},
		{"rotate", "rotate", "Save"}, {"rotate", "Save", "Login"}, {"rotate", "Save", "Destroy"}, {"rotate", "Renew", "Destroy"},
	} {
		for _, owner := range []string{"", "ada"} {
			t.Run(fmt.Sprintf("%v of %q", names, owner), func(t *testing.T) {
				limit := interruptions([]int{0, 0, 99, 1}[len(names)])
				if owner != "" {
					limit = interruptions(3 - len(names)) // the marks make many more calls
				}
				explore(t, limit, len(names), func(t *testing.T, hooks []hook) ([]func(), func()) {
					r := newRide(t, owner)
					do, out := r.cast(names, hooks)
					return do, func() { r.expectOneFamily(out) }
				})
			})
		}
	}
}

// expectOneFamily checks what became of a session.
func (r *ride) expectOneFamily(out *outcomes) {
	saved, ended, destroyed := 0, 0, 0
	last := r.v.token()
	for i, f := range out.fates {
		name := out.names[i]
		if a := out.answers[i]; a.status != 0 {
			switch {
			case a.status == http.StatusOK && name == "save and rotate":
				saved++
			case a.status != http.StatusOK && (a.status != http.StatusConflict || name == "rotate"):
				r.t.Errorf("%s: status %d", name, a.status)
			}
			continue
		}
		switch {
		case isGone(f.err):
		case f.err != nil:
			r.t.Errorf("%s: %v", name, f.err)
		case name == "Save":
			saved++
		default:
			ended++
			if last = f.token; name == "Destroy" {
				destroyed++
			}
		}
	}
	if ended > 1 {
		r.t.Errorf("%d operations ended one session", ended)
	}
	r.expectTokens(out, ended > 0)
	r.expectLeft(last, destroyed == 0, saved)
}

// expectTokens checks that the tokens of rotations are all the same one, and
// like the first one open the session, or nothing if that has ended.
func (r *ride) expectTokens(out *outcomes, ended bool) {
	next := coatcheck.Token("")
	for _, a := range out.answers {
		if a.token == "" {
			continue
		}
		if next != "" && a.token != next {
			r.t.Error("two rotations of one session")
		}
		next = a.token
		expectEqual(r.t, "the token of a rotation works", r.opens(next), !ended)
	}
	expectEqual(r.t, "the first token works", r.opens(r.v.token()), !ended)
}

// expectLeft checks that what is left is this session, or nothing.
func (r *ride) expectLeft(token coatcheck.Token, lives bool, saved int) {
	n := 0
	for _, err := range r.manager().All(r.t.Context()) {
		expectNil(r.t, err)
		n++
	}
	if !lives {
		expectEqual(r.t, "sessions", n, 0)
		return
	}
	expectEqual(r.t, "sessions", n, 1)
	s, err := r.manager().Open(r.t.Context(), token)
	expectNil(r.t, err)
	expectEqual(r.t, "motto", motto.Get(s), "carpe diem")
	expectEqual(r.t, "tally", tally.Get(s), saved)
}

// The same, when the answer to some call of the rotation is lost, or the call
// is, or the process dies of it.
func TestRotationWithFaultsInEveryOrder(t *testing.T) {
	faults := map[string]hook{"answer lost": answerLost, "not done": notDone}
	for name, fault := range faults {
		for _, rival := range []string{"Save", "Login", "Destroy", "rotate"} {
			for at := range 7 {
				t.Run(fmt.Sprintf("%s at call %d, against %s", name, at, rival), func(t *testing.T) {
					explore(t, interruptions(2), 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
						r := newRide(t, "")
						gate := hooks[0]
						hooks[0] = func(ctx context.Context, o op, do func() error) error {
							return gate(ctx, o, func() error {
								if o.n == at {
									return fault(ctx, o, do)
								}
								return do()
							})
						}
						do, out := r.cast([]string{"rotate", rival}, hooks)
						return do, func() { r.expectOneFamily(out) }
					})
				})
			}
		}
	}
}

// A process that dies of some call of a rotation, before or after it is done,
// leaves a session that the old token opens.
func TestRotationCrash(t *testing.T) {
	for _, owner := range []string{"", "ada"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("of %q, call done %t", owner, done), func(t *testing.T) {
				for at := 0; ; at++ {
					r := newRide(t, owner)
					old := r.v.twin()
					s := &spy{inner: r.store}
					client := r.v.at(manage(t, s, r.opts))
					crashed := attempt(t, func() {
						client.visit(func(*coatcheck.Session) {
							s.on(func(_ context.Context, o op, do func() error) error {
								if o.n < at {
									return do()
								}
								if done && o.n == at {
									_ = do()
								}
								panic(errCrash)
							})
						})
					})
					after := old.at(r.manager())
					after.expectMotto(owner)
					r.expectLeft(old.token(), true, 0)
					// What a crash has left does not keep the next request from
					// finishing the work.
					see(after)
					if after.cookie == old.cookie {
						t.Errorf("no rotation after a crash at call %d", at)
					}
					after.expectMotto(owner)
					r.expectLeft(after.token(), true, 0)
					if owner != "" {
						_, err := r.manager().DestroyOwner(t.Context(), owner)
						expectNil(t, err)
						expectEqual(t, "a token works", r.opens(old.token()) || r.opens(after.token()), false)
						recs, _, err := r.store.List(t.Context(), "", 100)
						expectNil(t, err)
						for _, rec := range recs {
							expectEqual(t, "owner of what is left", rec.Owner, "")
						}
					}
					if !crashed {
						if at < 2 {
							t.Errorf("a rotation of %d calls", at)
						}
						return
					}
				}
			})
		}
	}
}

// Whatever a store does to a rotation, nobody's request fails of it.
func TestRotationNeverFailsARequest(t *testing.T) {
	full := func(context.Context, op, func() error) error { return coatcheck.ErrFull }
	for name, h := range map[string]func() hook{
		"full":          func() hook { return full },
		"down":          func() hook { return notDone },
		"corrupt":       func() hook { return func(context.Context, op, func() error) error { return coatcheck.ErrCorrupt } },
		"creates late":  func() hook { return lateBehind("Create") },
		"replaces late": func() hook { return lateBehind("Replace") },
		"never deletes, never replaces": func() hook {
			return func(ctx context.Context, o op, do func() error) error {
				if o.name == "Delete" || o.name == "Replace" {
					return errLost
				}
				return do()
			}
		},
		"done, and nobody answers the question":     func() hook { return thenLoadFails("Replace", answerLost) },
		"not done, and nobody answers the question": func() hook { return thenLoadFails("Replace", notDone) },
	} {
		for _, owner := range []string{"", "ada"} {
			t.Run(fmt.Sprintf("%s, of %q", name, owner), func(t *testing.T) {
				r := newRide(t, owner)
				old := r.v.twin()
				s := &spy{inner: r.store}
				client := r.v.at(manage(t, s, r.opts))
				expectStatus(t, client.visit(func(*coatcheck.Session) { s.on(h()) }), http.StatusOK)
				s.on(nil)
				old.at(r.manager()).expectMotto(owner)
				client.at(r.manager()).expectMotto(owner)
				r.expectLeft(old.token(), true, 0)
			})
		}
	}
}

// Every order of DestroyOwner's calls with those of rotations: nothing that was
// authenticated before lives behind it, but for what it is to spare.
func TestRotationAgainstDestroyOwner(t *testing.T) {
	for _, test := range []struct {
		names  []string
		except bool
		late   time.Duration // by how much the clock of DestroyOwner's process is late
	}{
		{[]string{"rotate"}, false, 0}, {[]string{"rotate"}, false, 90 * time.Second}, {[]string{"rotate"}, true, 0},
		{[]string{"rotate", "rotate"}, false, 0}, {[]string{"rotate", "Save"}, false, 90 * time.Second}, {[]string{"rotate", "Renew"}, false, 0},
		{[]string{"rotate", "Save"}, true, 0},
	} {
		t.Run(fmt.Sprintf("%v, spared %t, clock late by %v", test.names, test.except, test.late), func(t *testing.T) {
			explore(t, interruptions(3-len(test.names)), len(test.names)+1, func(t *testing.T, hooks []hook) ([]func(), func()) {
				r := newRide(t, "ada")
				do, out := r.cast(test.names, hooks)
				other := newVisitor(t, r.manager()).login("bob")
				now := r.opts.Now
				r.opts.Now = func() time.Time { return now().Add(-test.late) }
				m := r.process(hooks[len(test.names)], "id")
				r.opts.Now = now
				var except []coatcheck.ID
				if test.except {
					except = append(except, r.v.id())
				}
				n := 0
				do = append(do, func() {
					var err error
					n, err = m.DestroyOwner(t.Context(), "ada", except...)
					expectNil(t, err)
				})
				return do, func() {
					expectEqual(t, "another owner's session opens", r.opens(other.token()), true)
					for i, f := range out.fates {
						if f.err != nil && !isGone(f.err) {
							t.Errorf("%s: %v", test.names[i], f.err)
						}
						if a := out.answers[i]; a.status != 0 {
							expectEqual(t, "status", a.status, http.StatusOK)
						}
						if token := out.answers[i].token; token != "" {
							expectEqual(t, "the token of a rotation works", r.opens(token), test.except)
						}
					}
					expectEqual(t, "the first token works", r.opens(r.v.token()), test.except)
					if test.except {
						expectEqual(t, "destroyed", n, 0)
						return
					}
					r.expectNoneOf("ada", out.fates)
				}
			})
		})
	}
}
