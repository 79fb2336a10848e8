package hashstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/hashstore"
)

// asRoot skips a test that root alone can run.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs root")
	}
	t.Skip("needs root")
}

// A file on a file system that is mounted read-only is not opened: the error
// says why. The same file is, when it can be written again.
func TestReadOnlyMount(t *testing.T) {
	asRoot(t)
	forms(t, func(t *testing.T, o hashstore.Options) {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
		path := filepath.Join(dir, "sessions")
		o.MaxBytes, o.Logger = 4<<20, quiet
		s, err := hashstore.Open(path, &o)
		if err != nil {
			t.Fatal(err)
		}
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		must(t, s.Close())
		s = nil
		remount := func(flags uintptr) {
			err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, "")
			for end := time.Now().Add(20 * time.Second); err == syscall.EBUSY && time.Now().Before(end); {
				runtime.GC() // which takes the map away
				err = syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, "")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		remount(syscall.MS_RDONLY)
		for _, at := range []string{path, path + ".new"} {
			s, err := hashstore.Open(at, &o)
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), at) {
				t.Errorf("Open: %v, want %v and the path", err, syscall.EROFS)
			}
		}
		if _, err := hashstore.Check(path); !errors.Is(err, syscall.EROFS) {
			t.Errorf("Check: %v, want %v", err, syscall.EROFS)
		}
		remount(0)
		if _, err := open(t, path, o).Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load when it can be written again: %v", err)
		}
	})
}
