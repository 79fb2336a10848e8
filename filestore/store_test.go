package filestore_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// start is the time of all tests that have a clock of their own.
var start = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// quiet is for tests that damage files.
var quiet = slog.New(slog.DiscardHandler)

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

// A clock is set by its test.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

// open opens a store in dir, whose clock stands at start, and closes it with
// the test.
func open(t testing.TB, dir string) *filestore.Store {
	t.Helper()
	return openAt(t, dir, &clock{start})
}

func openAt(t testing.TB, dir string, c *clock) *filestore.Store {
	t.Helper()
	s, err := filestore.Open(dir, &filestore.Options{Now: c.now, Logger: quiet})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// place returns where a test may have a store.
func place(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "sessions")
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

// errOf drops what a call returns besides its error.
func errOf[T any](_ T, err error) error { return err }

// has checks that the store holds exactly this record.
func has(t testing.TB, s coatcheck.Store, want *coatcheck.Record) {
	t.Helper()
	got, err := s.Load(context.Background(), want.ID)
	must(t, err)
	same(t, got, want)
}

// lacks checks that the store holds no live record of that ID.
func lacks(t testing.TB, s coatcheck.Store, id coatcheck.ID) {
	t.Helper()
	_, err := s.Load(context.Background(), id)
	wants(t, err, coatcheck.ErrNotFound)
}

// same compares two records.
func same(t testing.TB, got, want *coatcheck.Record) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return // printing takes its time
	}
	if g, w := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", *want); g != w {
		t.Errorf("the record is\n%s, want\n%s", g, w)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return b
}

// owned returns all IDs that the index has of an owner.
func owned(t testing.TB, s *filestore.Store, owner string) (all []coatcheck.ID) {
	t.Helper()
	for cursor := ""; ; {
		ids, next, err := s.Owned(context.Background(), owner, cursor, 100)
		must(t, err)
		all = append(all, ids...)
		if cursor = next; cursor == "" {
			return all
		}
	}
}

// sweep sweeps to the end, and returns how many records it deleted.
func sweep(t testing.TB, s *filestore.Store, before time.Time) (n int) {
	t.Helper()
	for cursor := ""; ; {
		r, err := s.Sweep(context.Background(), before, cursor, 100)
		must(t, err)
		n += r.Deleted
		if cursor = r.Next; cursor == "" {
			return n
		}
	}
}

// files returns the paths of all files beneath dir.
func files(t testing.TB, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

// needsRoot skips what only root can set up, but not where all must run.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("only root can set this up")
	}
	t.Skip("only root can set this up")
}
