package filestore_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// Where somebody removes a directory under a store, what cannot be done says so,
// and what to do.
func TestADirectoryThatGoesIsToldOf(t *testing.T) {
	for _, gone := range []string{"", "records", "owners", filepath.Join("records", "07")} {
		for way, open := range openers() {
			t.Run(way+", "+gone, func(t *testing.T) {
				dir, ctx := filepath.Join(t.TempDir(), "sessions"), context.Background()
				s, err := open(dir, &filestore.Options{Now: (&clock{start}).now})
				must(t, err)
				defer s.Close()
				rec, other := *session(1, "ann"), *session(2, "ann")
				rec.ID, other.ID = coatcheck.ID{7, 1}, coatcheck.ID{7, 2}
				must(t, s.Create(ctx, &rec))
				must(t, os.RemoveAll(filepath.Join(dir, gone)))
				if err := s.Create(ctx, &other); err == nil || !strings.Contains(err.Error(), "open the store again") {
					t.Errorf("the error of Create is %v", err)
				}
				_, _, err = s.List(ctx, "", 10)
				if err != nil && !strings.Contains(err.Error(), "filestore: ") {
					t.Errorf("the error of List is %v", err)
				}
			})
		}
	}
}

// A copy of a store on a file system that is for reading only, such as a
// snapshot, can be opened and read.
func TestAReadOnlyFileSystemCanBeRead(t *testing.T) {
	disk, ctx := mount(t, "1m"), context.Background()
	dir := filepath.Join(disk, "sessions")
	s, err := filestore.Open(dir, nil)
	must(t, err)
	rec := session(1, "ann")
	must(t, s.Create(ctx, rec))
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(dir, "state"))) // as if it were of another start of the machine
	must(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	var log bytes.Buffer
	s, err = filestore.Open(dir, &filestore.Options{Now: (&clock{start}).now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, err)
	defer s.Close()
	if got, err := s.Load(ctx, rec.ID); err != nil || got.Owner != "ann" {
		t.Errorf("Load is %+v, %v", got, err)
	}
	if err := s.Delete(ctx, rec.ID); err == nil {
		t.Error("Delete says that it has deleted")
	}
	if !strings.Contains(log.String(), "read-only") {
		t.Errorf("the log is %q", log.String())
	}
}
