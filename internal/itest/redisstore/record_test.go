//go:build unix

package redisstore_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// newRecord returns a record that lives for an hour.
func newRecord(owner string) *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{
		Owner: owner, Data: []byte(`{"views":1}`), Meta: []byte("meta"),
		Created: now, Deadline: now.Add(24 * time.Hour), Expires: now.Add(time.Hour), Version: 1,
	}
	crand.Read(rec.ID[:])
	return rec
}

// next returns what follows a record.
func next(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	c.Version++
	c.Data = fmt.Appendf(nil, `{"views":%d}`, c.Version)
	return &c
}

// stored creates a record.
func stored(t testing.TB, s coatcheck.Store, rec *coatcheck.Record) *coatcheck.Record {
	t.Helper()
	if err := s.Create(t.Context(), rec); err != nil {
		t.Fatalf("Create: %v", err)
	}
	return rec
}

// holds checks that the store has this version of a record.
func holds(t testing.TB, s coatcheck.Store, rec *coatcheck.Record) {
	t.Helper()
	got, err := s.Load(t.Context(), rec.ID)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if got.Version != rec.Version || string(got.Data) != string(rec.Data) || got.Owner != rec.Owner {
		t.Fatalf("Load: version %d, %s, %q; want %d, %s, %q", got.Version, got.Data, got.Owner, rec.Version, rec.Data, rec.Owner)
	}
}

// within calls f with a context of such a length, and checks that f keeps to
// it, but for what a busy machine adds.
func within(t testing.TB, d time.Duration, f func(ctx context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	start := time.Now()
	err := f(ctx)
	if took := time.Since(start); took > d+1500*time.Millisecond {
		t.Errorf("a call took %v, its context ended after %v", took, d)
	}
	return err
}

// eventually calls f until it returns nil.
func eventually(t testing.TB, what string, f func() error) {
	t.Helper()
	end := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s: %v", what, err)
		}
		<-tick.C
	}
}

func millis(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

func unmillis(t testing.TB, text string) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(text, 10, 64)
	must(t, err)
	return time.UnixMilli(ms)
}
