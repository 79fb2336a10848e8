package itest_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// doneTargets are the stores that are asked whether a session has ended: one on
// a server, one in a file that processes share.
var doneTargets = []string{"redis", "hashstore"}

// Whoever listens to a session learns within the bound that another process,
// with its own connection to the store, has ended it, and how.
func TestDoneAcrossProcesses(t *testing.T) {
	for _, x := range targets {
		if slices.Contains(doneTargets, x.name) {
			t.Run(x.name, func(t *testing.T) { doneAcross(t, x) })
		}
	}
}

func doneAcross(t *testing.T, x target) {
	const poll = 50 * time.Millisecond
	dir := t.TempDir()
	var managers [2]*coatcheck.Manager
	for i := range managers {
		b := x.setUp(dir, time.Now, t.Fatalf)
		m, err := coatcheck.New(b.Store, &coatcheck.Options{PollInterval: poll, SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = m.Close()
			b.tearDown()
		})
		managers[i] = m
	}
	here, elsewhere := managers[0], managers[1]
	for _, c := range []struct {
		name string
		why  error
		end  func(coatcheck.Token) error
	}{
		{"destroyed", coatcheck.ErrDestroyed, func(token coatcheck.Token) error {
			return elsewhere.Destroy(t.Context(), elsewhere.ID(token))
		}},
		{"owner", coatcheck.ErrDestroyed, func(coatcheck.Token) error {
			_, err := elsewhere.DestroyOwner(t.Context(), "ada")
			return err
		}},
		{"renewed", coatcheck.ErrRenewed, func(token coatcheck.Token) error {
			s, err := elsewhere.Open(t.Context(), token)
			if err != nil {
				return err
			}
			return s.Renew(t.Context())
		}},
	} {
		s, err := here.Open(t.Context(), "")
		if err == nil {
			err = s.Login(t.Context(), "ada")
		}
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Done():
			t.Fatalf("%s: it ended before: %v", c.name, s.Ended())
		default:
		}
		if err := c.end(s.Token()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Done():
			if err := s.Ended(); err != c.why {
				t.Errorf("%s: %v, want %v", c.name, err, c.why)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: nobody heard of it", c.name)
		}
	}
}
