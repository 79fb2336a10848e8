//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// calls are one call of each method, on a record that is stored, with what they
// send.
var calls = map[string]func(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error{
	"Load": func(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error {
		_, err := s.Load(ctx, rec.ID)
		return err
	},
	"Create": func(ctx context.Context, s coatcheck.Store, _ *coatcheck.Record) error {
		return s.Create(ctx, newRecord("ann"))
	},
	"Replace": func(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error {
		return s.Replace(ctx, next(rec), rec.Version)
	},
	"Touch": func(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error {
		return s.Touch(ctx, rec.ID, rec.Deadline)
	},
	"Delete": func(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error {
		return s.Delete(ctx, rec.ID)
	},
}

// isWork reports whether a command is one of the calls above.
func isWork(cmd []string) bool {
	name := strings.ToUpper(cmd[0])
	return name == "HMGET" || name == "EVAL" || name == "EVALSHA"
}

// TestRefusalsAreRetried: what a server refuses for the moment, is done when it
// no longer does. What it refuses for good is an error at once.
func TestRefusalsAreRetried(t *testing.T) {
	for _, answer := range []string{
		"-LOADING Redis is loading the dataset in memory", "-READONLY You can't write against a read only replica.",
		"-MASTERDOWN Link with MASTER is down", "-CLUSTERDOWN Hash slot not served", "-TRYAGAIN Multiple keys request during rehashing of slot",
		"-NOREPLICAS Not enough good replicas to write.", "-BUSY Redis is busy running a script.",
	} {
		t.Run(strings.Fields(answer)[0], func(t *testing.T) {
			r := newRelay(t, one.Addr)
			s := open(t, singleURL(r.addr), nil)
			for name, call := range calls {
				rec := stored(t, s, newRecord("ann"))
				left := 3
				r.on(func(cmd []string) fate {
					if isWork(cmd) && left > 0 {
						left--
						return fate{answer: answer}
					}
					return fate{}
				})
				if err := within(t, 5*time.Second, func(ctx context.Context) error { return call(ctx, s, rec) }); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if left > 0 {
					t.Errorf("%s: the server refused %d of 3 times", name, 3-left)
				}
				r.on(func(cmd []string) fate {
					if isWork(cmd) {
						return fate{answer: answer}
					}
					return fate{}
				})
				err := within(t, 100*time.Millisecond, func(ctx context.Context) error { return call(ctx, s, rec) })
				if err == nil || errors.Is(err, coatcheck.ErrNotFound) || !strings.Contains(err.Error(), answer[1:]) {
					t.Errorf("%s, refused for ever: %v", name, err)
				}
				r.on(nil)
			}
		})
	}
}

func TestRefusalsForGood(t *testing.T) {
	for answer, want := range map[string]error{
		"-OOM command not allowed when used memory > 'maxmemory'.":                coatcheck.ErrFull,
		"-WRONGTYPE Operation against a key holding the wrong kind of value":      coatcheck.ErrCorrupt,
		"-NOPERM this user has no permissions to run the 'evalsha' command":       nil,
		"-MISCONF Redis is configured to save RDB snapshots, but it cannot do so": nil,
	} {
		r := newRelay(t, one.Addr)
		s := open(t, singleURL(r.addr), nil)
		for name, call := range calls {
			rec := stored(t, s, newRecord("ann"))
			asked := 0
			r.on(func(cmd []string) fate {
				if isWork(cmd) {
					asked++
					return fate{answer: answer}
				}
				return fate{}
			})
			err := call(t.Context(), s, rec)
			if err == nil || want != nil && !errors.Is(err, want) || want == nil && errors.Is(err, coatcheck.ErrNotFound) {
				t.Errorf("%s answered %q: %v", name, answer, err)
			}
			if asked != 1 {
				t.Errorf("%s answered %q: asked %d times", name, answer, asked)
			}
			r.on(nil)
		}
	}
}

// TestNoChangeIsSentTwice: a change whose answer was lost is an error, and has
// reached the server once. A read is repeated.
func TestNoChangeIsSentTwice(t *testing.T) {
	r := newRelay(t, one.Addr)
	s := open(t, singleURL(r.addr), nil)
	for name, call := range calls {
		rec := stored(t, s, newRecord("ann"))
		before := r.count("EVAL", "EVALSHA")
		lost := false
		r.on(func(cmd []string) fate {
			if isWork(cmd) && !lost {
				lost = true
				return fate{lose: true}
			}
			return fate{}
		})
		err := within(t, 5*time.Second, func(ctx context.Context) error { return call(ctx, s, rec) })
		if name == "Load" {
			if err != nil || !lost {
				t.Errorf("Load whose answer was lost: %v", err)
			}
			continue
		}
		if err == nil || !lost {
			t.Errorf("%s whose answer was lost: no error", name)
		}
		for _, known := range []error{coatcheck.ErrNotFound, coatcheck.ErrExists, coatcheck.ErrConflict, coatcheck.ErrFull} {
			if errors.Is(err, known) {
				t.Errorf("%s whose answer was lost: %v", name, err)
			}
		}
		if n := r.count("EVAL", "EVALSHA") - before; n != 1 {
			t.Errorf("%s whose answer was lost: sent %d times", name, n)
		}
	}
}

// TestScriptsAreSentOnce: a server that does not know a script gets its text,
// once.
func TestScriptsAreSentOnce(t *testing.T) {
	r := newRelay(t, one.Addr)
	s := open(t, singleURL(r.addr), nil)
	stored(t, s, newRecord("ann")) // connects
	direct := open(t, singleURL(one.Addr), nil)
	for range 2 {
		flush(t, one.Addr)
		before := r.count("EVAL")
		for range 5 {
			stored(t, s, newRecord("ann"))
		}
		if n := r.count("EVAL") - before; n != 1 {
			t.Errorf("the text was sent %d times", n)
		}
		stored(t, direct, newRecord("ann"))
	}
}

// TestFullServer: without memory nothing is born and nothing grows, which is
// ErrFull and counted; but sessions can be read, touched and ended.
func TestFullServer(t *testing.T) {
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	rec, other := stored(t, s, newRecord("ann")), stored(t, s, newRecord("ann"))
	_, err := servers.RedisCLI(srv.Addr, "config", "set", "maxmemory", "1")
	must(t, err)
	for _, err := range []error{s.Create(t.Context(), newRecord("")), s.Create(t.Context(), newRecord("ann")), s.Replace(t.Context(), next(rec), 1)} {
		if !errors.Is(err, coatcheck.ErrFull) {
			t.Errorf("a change of a full server: %v", err)
		}
	}
	if st, err := s.Stat(t.Context()); err != nil || st.Refused != 3 || st.MaxBytes != 1 {
		t.Errorf("Stat: %+v, %v", st, err)
	}
	holds(t, s, rec)
	must(t, s.Touch(t.Context(), rec.ID, rec.Deadline))
	must(t, s.Delete(t.Context(), other.ID))
	end := next(rec)
	end.Owner, end.Data = "", nil
	must(t, s.Replace(t.Context(), end, 1))
	holds(t, s, end)
}
