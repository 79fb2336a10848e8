package memstore_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// start is the time of all tests that have a clock of their own.
var start = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// idOf returns the ID of the nth session of a test.
func idOf(n int) coatcheck.ID {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// session returns the nth session of a test, that of an owner or anonymous.
func session(n int, owner string) *coatcheck.Record {
	rec := &coatcheck.Record{
		ID:       idOf(n),
		Owner:    owner,
		Data:     fmt.Appendf(nil, `{"n":%d}`, n),
		Meta:     []byte("meta"),
		Created:  start,
		Deadline: start.Add(12 * time.Hour),
		Expires:  start.Add(30 * time.Minute),
		Version:  1,
	}
	if owner != "" {
		rec.AuthTime = start
	}
	return rec
}

// next returns a successor of rec with other data.
func next(rec *coatcheck.Record, data string) *coatcheck.Record {
	c := *rec
	c.Version++
	c.Data = []byte(data)
	return &c
}

// stub returns what a renewal or a login leaves of rec.
func stub(rec *coatcheck.Record) *coatcheck.Record {
	c := next(rec, "")
	c.Owner = ""
	c.Deadline = start.Add(time.Minute)
	c.Expires = c.Deadline
	return c
}

// A clock is set by its test.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) add(d time.Duration) { c.Time = c.Time.Add(d) }

// at returns options whose clock stands at start.
func at() (*memstore.Options, *clock) {
	c := &clock{start}
	return &memstore.Options{Now: c.now}, c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

// has checks whether the store holds the nth session.
func has(t testing.TB, s *memstore.Store, n int, want bool) {
	t.Helper()
	_, err := s.Load(context.Background(), idOf(n))
	if want != (err == nil) || !want && !errors.Is(err, coatcheck.ErrNotFound) {
		t.Fatalf("session %d: %v, want it there: %v", n, err, want)
	}
}

func stat(t testing.TB, s *memstore.Store) coatcheck.StoreStats {
	t.Helper()
	st, err := s.Stat(context.Background())
	must(t, err)
	return st
}
