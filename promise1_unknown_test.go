package coatcheck_test

import (
	"context"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// lateBehind delays the first call of a method until the next Load has looked
// for its effect and not found it.
func lateBehind(name string) hook {
	var delayed func() error
	armed := true
	return func(_ context.Context, o op, do func() error) error {
		switch {
		case o.name == name && armed:
			armed, delayed = false, do
			return errLost
		case o.name == "Load" && delayed != nil:
			err := do()
			_ = delayed()
			delayed = nil
			return err
		}
		return do()
	}
}

// thenLoadFails applies a hook to the first call of a method and fails the
// Load that asks what became of it.
func thenLoadFails(name string, h hook) hook {
	failed := false
	return func(ctx context.Context, o op, do func() error) error {
		switch {
		case o.name == name && !failed:
			failed = true
			return h(ctx, o, do)
		case o.name == "Load" && failed:
			return errLost
		}
		return do()
	}
}

// A save whose outcome the store did not report is found out by its version,
// and applied once or not at all. What cannot be told is ErrUncertain.
func TestPromise1UnknownOutcomeOfASaveIsNeverAppliedTwice(t *testing.T) {
	for _, test := range []struct {
		name   string
		hook   func(rival func()) hook
		err    error
		tally  int // in the store afterwards, counted from 10
		rivals int // that came between
	}{
		{"done, the answer lost", func(func()) hook { return only("Replace", once(answerLost)) }, nil, 11, 0},
		{"not done", func(func()) hook { return only("Replace", once(notDone)) }, nil, 11, 0},
		{"done twice, both answers lost", func(func()) hook { return only("Replace", answerLost) }, nil, 11, 0},
		{"never done", func(func()) hook { return only("Replace", notDone) }, coatcheck.ErrUncertain, 10, 0},
		{"done late, behind the look", func(func()) hook { return lateBehind("Replace") }, nil, 11, 0},
		{"done, and nobody answers the question", func(func()) hook { return thenLoadFails("Replace", answerLost) }, coatcheck.ErrUncertain, 11, 0},
		{"not done, and nobody answers the question", func(func()) hook { return thenLoadFails("Replace", notDone) }, coatcheck.ErrUncertain, 10, 0},
		{"done, then changed by another process", func(rival func()) hook {
			return only("Replace", once(func(_ context.Context, _ op, do func() error) error {
				_ = do()
				rival()
				return errLost
			}))
		}, coatcheck.ErrUncertain, 111, 100},
		{"not done, changed by another process instead", func(rival func()) hook {
			return only("Replace", once(func(context.Context, op, func() error) error {
				rival()
				return errLost
			}))
		}, nil, 111, 100},
		{"not done, the session destroyed meanwhile", nil, coatcheck.ErrGone, 0, 0},
	} {
		for _, how := range []string{"Save", "Transact"} {
			t.Run(test.name+", by "+how, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil))
				v.visit(func(s *coatcheck.Session) { tally.Set(s, 10) })
				elsewhere := manage(t, store.inner, nil)
				h := only("Replace", once(func(ctx context.Context, _ op, _ func() error) error {
					expectNil(t, elsewhere.Destroy(ctx, v.id()))
					return errLost
				}))
				if test.hook != nil {
					h = test.hook(func() {
						expectNil(t, elsewhere.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
							tally.Update(s, func(n int) int { return n + 100 })
							return nil
						}))
					})
				}
				v.twin().visit(func(s *coatcheck.Session) {
					store.on(h)
					err := saveIncrement(t.Context(), s, how)
					store.on(nil)
					if test.err == nil {
						expectNil(t, err)
					} else {
						expectError(t, err, test.err)
					}
					// What is saved when the handler returns must not apply it
					// a second time.
					motto.Set(s, "behind")
				})
				v.expectTally(test.tally)
			})
		}
	}
}

// saveIncrement adds one to the tally in one of the two ways to save at once.
func saveIncrement(ctx context.Context, s *coatcheck.Session, how string) error {
	if how == "Transact" {
		return s.Transact(ctx, func(s *coatcheck.Session) error {
			tally.Update(s, increment)
			return nil
		})
	}
	tally.Update(s, increment)
	return s.Save(ctx)
}

// The birth of a session whose outcome the store did not report.
func TestPromise1UnknownOutcomeOfABirth(t *testing.T) {
	for _, test := range []struct {
		name string
		hook hook
		err  error
		born int // records afterwards
	}{
		{"done, the answer lost", only("Create", once(answerLost)), nil, 1},
		{"not done", only("Create", once(notDone)), nil, 1},
		{"done twice, both answers lost", only("Create", answerLost), nil, 1},
		{"done late, behind the look", lateBehind("Create"), nil, 1},
		{"never done", only("Create", notDone), errLost, 0},
		{"done, and nobody answers the question", thenLoadFails("Create", answerLost), errLost, 1},
		{"not done, and nobody answers the question", thenLoadFails("Create", notDone), errLost, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil))
			res := v.visit(func(s *coatcheck.Session) {
				tally.Update(s, increment)
				store.on(test.hook)
				err := s.Save(t.Context())
				store.on(nil)
				if test.err == nil {
					expectNil(t, err)
					return
				}
				expectError(t, err, test.err)
				expectEqual(t, "new", s.IsNew(), true)
				s.Clear()
			})
			expectEqual(t, "records", stored(t, store.inner), test.born)
			if test.err != nil {
				expectNoCookie(t, res)
				return
			}
			v.expectTally(1)
		})
	}
}

// stored counts the live sessions in a store.
func stored(t testing.TB, store coatcheck.Store) (n int) {
	t.Helper()
	for _, err := range manage(t, store, nil).All(t.Context()) {
		expectNil(t, err)
		n++
	}
	return n
}

// A login or renewal whose decisive step, the stub in the place of the old
// record, had an outcome that the store did not report.
func TestPromise1UnknownOutcomeOfARenewal(t *testing.T) {
	for _, test := range []struct {
		name     string
		hook     func() hook
		err      error
		old, new int // tokens that open a session afterwards
	}{
		{"stub done, the answer lost", func() hook { return only("Replace", once(answerLost)) }, nil, 0, 1},
		{"stub not done", func() hook { return only("Replace", once(notDone)) }, nil, 0, 1},
		{"stub done late, behind the look", func() hook { return lateBehind("Replace") }, nil, 0, 1},
		{"stub never done", func() hook { return only("Replace", notDone) }, coatcheck.ErrUncertain, 1, 0},
		{"stub done, and nobody answers the question", func() hook { return thenLoadFails("Replace", answerLost) }, coatcheck.ErrUncertain, 0, 0},
		{"stub not done, and nobody answers the question", func() hook { return thenLoadFails("Replace", notDone) }, coatcheck.ErrUncertain, 1, 0},
		{"successor done, the answer lost", func() hook { return only("Create", once(answerLost)) }, nil, 0, 1},
		{"successor not done", func() hook { return only("Create", once(notDone)) }, nil, 0, 1},
		{"successor done late, behind the look", func() hook { return lateBehind("Create") }, nil, 0, 1},
		{"successor never done", func() hook { return only("Create", notDone) }, errLost, 1, 0},
	} {
		for _, how := range successions {
			t.Run(how.name+": "+test.name, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil)).begin()
				old := v.twin()
				res := v.visit(func(s *coatcheck.Session) {
					tally.Update(s, increment)
					store.on(test.hook())
					err := how.do(t.Context(), s)
					store.on(nil)
					if test.err == nil {
						expectNil(t, err)
						return
					}
					expectError(t, err, test.err)
					s.Clear()
				})
				expectEqual(t, "old tokens that work", works(old), test.old)
				if test.err != nil {
					expectNoCookie(t, res)
					return
				}
				expectEqual(t, "new tokens that work", works(v), test.new)
				v.expectMotto(how.owner)
				v.expectTally(1)
			})
		}
	}
}

// successions are the two operations that give a session a new token.
var successions = []struct {
	name  string
	owner string // of an anonymous session afterwards
	do    func(context.Context, *coatcheck.Session) error
}{
	{"Login", "ada", func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") }},
	{"Renew", "", func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) }},
}

// works returns 1 if the visitor's cookie opens a session, else 0.
func works(v *visitor) (n int) {
	v.t.Helper()
	v.twin().visit(func(s *coatcheck.Session) {
		if !s.IsNew() {
			n = 1
		}
	})
	return n
}

// What a save of unknown outcome drops has no part in a change that was made
// while it was under way: an update function runs on what is stored.
func TestPromise1UnknownOutcomeUnderAnotherUpdate(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil))
	v.visit(func(s *coatcheck.Session) { tally.Set(s, 10) })
	v.visit(func(s *coatcheck.Session) {
		tally.Set(s, 100)
		store.on(thenLoadFails("Replace", func(context.Context, op, func() error) error {
			tally.Update(s, increment) // in another goroutine of the request
			return errLost
		}))
		expectError(t, s.Save(t.Context()), coatcheck.ErrUncertain)
		store.on(nil)
	})
	v.expectTally(11)
}
