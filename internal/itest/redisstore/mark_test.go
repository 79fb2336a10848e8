//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// TestCacheKeepsNoMark: what DestroyOwner notes for logins that are under way
// is read anew each time, also where the news of it never arrives. A login that
// went by an old note would outlive the end of all of the owner's sessions.
func TestCacheKeepsNoMark(t *testing.T) {
	r := newRelay(t, one.Addr)
	r.mute(true)
	slow := &creating{Store: cached(t, singleURL(r.addr), time.Hour)}
	here, there := manager(t, slow), manager(t, open(t, singleURL(one.Addr), nil))
	owner := "owner of marks"
	end := func() {
		if _, err := there.DestroyOwner(t.Context(), owner); err != nil {
			t.Error(err)
		}
	}
	end()
	must(t, login(t, here, owner)) // by which the note was read once
	slow.before = end
	if err := login(t, here, owner); !errors.Is(err, coatcheck.ErrGone) {
		t.Errorf("Login while all sessions of the owner end: %v, want ErrGone", err)
	}
	slow.before = nil
	for info, err := range there.Sessions(t.Context(), owner) {
		t.Errorf("%v is left, %v", info.ID, err)
	}
}

// creating does something before each Create.
type creating struct {
	coatcheck.Store
	before func()
}

func (c *creating) Create(ctx context.Context, rec *coatcheck.Record) error {
	if c.before != nil {
		c.before()
	}
	return c.Store.Create(ctx, rec)
}

// Capabilities returns those of the store beneath.
func (c *creating) Capabilities() coatcheck.Capabilities { return coatcheck.CapabilitiesOf(c.Store) }

// Owned implements [coatcheck.OwnerIndex].
func (c *creating) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	return c.Store.(coatcheck.OwnerIndex).Owned(ctx, owner, cursor, limit)
}

// manager returns a manager that sweeps nothing.
func manager(t *testing.T, store coatcheck.Store) *coatcheck.Manager {
	t.Helper()
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// login makes a session of an owner's.
func login(t *testing.T, m *coatcheck.Manager, owner string) error {
	t.Helper()
	s, err := m.Open(t.Context(), "")
	must(t, err)
	return s.Login(t.Context(), owner)
}
