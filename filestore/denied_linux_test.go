package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// asAnother runs fn on a thread that has the access of another user only.
func asAnother(t *testing.T, uid uintptr, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, uid, 0, 0); errno != 0 {
			t.Error(errno)
			return
		}
		fn()
	}()
	<-done
}

// A file that the system does not let us open, since root put it there perhaps,
// costs its session and nothing else: lists, sweeps and repairs go on behind
// it, and the complaint says what to do.
func TestCase44AFileThatCannotBeOpenedCostsItsSessionOnly(t *testing.T) {
	needsRoot(t)
	for way, open := range openers() {
		t.Run(way, func(t *testing.T) {
			ctx := context.Background()
			base := t.TempDir()
			must(t, os.Chmod(filepath.Dir(base), 0o711))
			must(t, os.Chmod(base, 0o711))
			dir := filepath.Join(base, "sessions")
			s, err := open(dir, &filestore.Options{Now: func() time.Time { return start }, Logger: quiet})
			must(t, err)
			defer s.Close()
			rec := session(1, "ann")
			must(t, s.Create(ctx, rec))
			must(t, os.Chown(filestore.RecordPath(dir, rec.ID), 4712, -1))
			must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					err = os.Chmod(path, 0o755)
				}
				return err
			}))
			asAnother(t, 4711, func() {
				_, err := s.Load(ctx, rec.ID)
				wantsError(t, err, coatcheck.ErrCorrupt, "chown")
				wantsError(t, s.Replace(ctx, next(rec, "x"), 1), coatcheck.ErrCorrupt, "chown")
				wantsError(t, s.Touch(ctx, rec.ID, rec.Deadline), coatcheck.ErrCorrupt, "chown")
				if _, _, err := s.List(ctx, "", 10); err != nil {
					t.Error("List:", err)
				}
				if _, err := s.Sweep(ctx, start, "", 10); err != nil {
					t.Error("Sweep:", err)
				}
				if err := s.Repair(ctx); err != nil {
					t.Error("Repair:", err)
				}
			})
		})
	}
}

// wantsError is wants for other goroutines, and looks at what the error says.
func wantsError(t *testing.T, err, want error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v, and does not say %q", err, says)
	} else if !strings.HasPrefix(err.Error(), "filestore: ") {
		t.Errorf("the error is %v, which does not say whose it is", err)
	}
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}
