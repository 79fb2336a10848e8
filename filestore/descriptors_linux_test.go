package filestore_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/filestore"
)

// openIn counts this process's descriptors of what is in dir.
func openIn(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, fd := range fds {
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(name, dir) {
			n++
		}
	}
	return n
}

// A store has one descriptor for each directory of records and three besides,
// whatever it has done and whatever went wrong, and none when it is closed.
func TestDescriptors(t *testing.T) {
	for way, open := range openers() {
		ctx := context.Background()
		dir := place(t)
		s, err := open(dir, &filestore.Options{Now: (&clock{start}).now, Logger: quiet})
		must(t, err)
		for n := range 256 {
			rec := session(n, "ann")
			rec.ID[0] = byte(n)
			must(t, s.Create(ctx, rec))
			must(t, s.Touch(ctx, rec.ID, rec.Deadline))
			must(t, s.Replace(ctx, next(rec, "x"), 1))
		}
		// Every refusal has a descriptor to close.
		recs, _, err := s.List(ctx, "", 1)
		must(t, err)
		path := filestore.RecordPath(dir, recs[0].ID)
		for _, spoil := range []error{os.Chmod(path, 0o644), os.WriteFile(path, []byte("x"), 0o600), os.Remove(path)} {
			must(t, spoil)
			if s.Touch(ctx, recs[0].ID, start.Add(20*time.Hour)) == nil || s.Replace(ctx, recs[0], 2) == nil || errOf(s.Load(ctx, recs[0].ID)) == nil {
				t.Error("it is served")
			}
		}
		sweep(t, s, start)
		owned(t, s, "ann")
		must(t, s.Repair(ctx))
		must(t, errOf(s.Stat(ctx)))
		want := 256 + 3
		if way == "the portable way" {
			want += 256
		}
		if n := openIn(t, dir); n != want {
			t.Errorf("%s: %d descriptors are open, want %d", way, n, want)
		}
		must(t, s.Close())
		must(t, os.Chmod(filepath.Join(dir, "records"), 0o777))
		if _, err := open(dir, nil); err == nil {
			t.Error("Open takes what others may write into")
		}
		if n := openIn(t, dir); n != 0 {
			t.Errorf("%s: %d descriptors are left open", way, n)
		}
	}
}
