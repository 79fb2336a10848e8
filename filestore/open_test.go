package filestore_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		dir  string
		opts *filestore.Options
		says string
	}{
		"no name":      {"", nil, "name of the directory is empty"},
		"no parent":    {filepath.Join(t.TempDir(), "a", "b"), nil, "parent directory does not exist"},
		"must exist":   {place(t), &filestore.Options{MustExist: true}, "does not exist"},
		"a file":       {file, nil, "not a directory"},
		"durability":   {place(t), &filestore.Options{Durability: 2}, "Options.Durability is 2"},
		"durability<0": {place(t), &filestore.Options{Durability: -1}, "Options.Durability is -1"},
	} {
		s, err := filestore.Open(c.dir, c.opts)
		if err == nil {
			s.Close()
			t.Errorf("%s: Open succeeds", name)
		} else if !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "filestore: ") {
			t.Errorf("%s: the error is %q, and does not say %q", name, err, c.says)
		}
	}
}

// Errors name a session by the beginning of its ID only.
func TestErrorsHaveShortIDs(t *testing.T) {
	dir := place(t)
	for way, open := range openers() {
		s, err := open(dir, nil)
		must(t, err)
		rec := session(1, "ann")
		path := filestore.RecordPath(dir, rec.ID)
		must(t, os.MkdirAll(path, 0o700))
		for call, err := range map[string]error{
			"Create": s.Create(context.Background(), rec),
			"Touch":  s.Touch(context.Background(), rec.ID, start),
		} {
			if err == nil || strings.Contains(err.Error(), rec.ID.String()) || !strings.Contains(err.Error(), rec.ID.Short()) {
				t.Errorf("%s, %s: the error is %v", way, call, err)
			}
		}
		must(t, s.Close())
	}
}

// Changes under Machine are as under Process, as far as a test can see that
// does not cut the power.
func TestMachineDurability(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s, err := filestore.Open(dir, &filestore.Options{Durability: filestore.Machine, Now: (&clock{start}).now})
	must(t, err)
	rec := session(1, "ann")
	must(t, s.Create(ctx, rec))
	must(t, s.Replace(ctx, next(rec, "x"), 1))
	must(t, s.Touch(ctx, rec.ID, rec.Deadline))
	must(t, s.Close())
	s = open(t, dir)
	has(t, s, next(rec, "x").Touched(rec.Deadline))
	must(t, s.Delete(ctx, rec.ID))
	lacks(t, s, rec.ID)
}

// Close ends the waiting of others for a lock, and what came before it stays.
func TestCloseEndsWaiting(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s, other := open(t, dir), open(t, dir)
	rec := session(1, "")
	must(t, s.Create(ctx, rec))
	release, err := filestore.Hold(other, rec.ID)
	must(t, err)
	waiting := make(chan error, 2)
	for range cap(waiting) { // one for the process, one for its turn
		go func() { waiting <- s.Touch(ctx, rec.ID, rec.Deadline) }()
	}
	must(t, s.Close())
	for range cap(waiting) {
		wants(t, <-waiting, coatcheck.ErrClosed)
	}
	release()
	has(t, other, rec)
}

// List goes by the order of the IDs, over many pages and directories.
func TestListIsInOrder(t *testing.T) {
	ctx := context.Background()
	s := open(t, place(t))
	var want []string
	for n := range 300 {
		must(t, s.Create(ctx, session(n, "")))
		want = append(want, idOf(n).String())
	}
	expired := session(300, "")
	expired.Expires = start.Add(-time.Second)
	must(t, s.Create(ctx, expired))
	slices.Sort(want)
	var got []string
	for cursor := ""; ; {
		recs, next, err := s.List(ctx, cursor, 7)
		must(t, err)
		for _, rec := range recs {
			got = append(got, rec.ID.String())
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d records are listed, or in another order, want %d", len(got), len(want))
	}
}
