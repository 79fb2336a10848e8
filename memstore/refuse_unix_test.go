//go:build unix && !illumos && !solaris

package memstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

func TestCase44FilesThatOthersMayHaveTamperedWithAreRefused(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, sound(t), 0o600))
	for name, c := range map[string]struct {
		make func(path string) error
		why  string
	}{
		"a symbolic link":    {func(p string) error { return os.Symlink(outside, p) }, "no regular file"},
		"a dangling link":    {func(p string) error { return os.Symlink(outside+"?", p) }, "no regular file"},
		"a pipe":             {func(p string) error { return syscall.Mkfifo(p, 0o600) }, "no regular file"},
		"a hard link":        {func(p string) error { return os.Link(outside, p) }, "hard link"},
		"readable by others": {func(p string) error { return writeMode(p, sound(t), 0o640) }, "chmod 600"},
		"writable by others": {func(p string) error { return writeMode(p, sound(t), 0o602) }, "chmod 600"},
	} {
		for _, suffix := range []string{"", ".journal", ".lock"} {
			t.Run(name+" for sessions"+suffix, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "sessions")
				must(t, c.make(path+suffix))
				defer os.Remove(path + suffix)
				refused(t, path, coatcheck.ErrInvalid, c.why)
				if _, err := os.Lstat(outside + "?"); err == nil {
					t.Error("a file was made behind the link")
				}
			})
		}
	}
}

// writeMode writes a file and sets its mode whatever the umask is.
func writeMode(path string, b []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func TestCase45AFileOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can make a file of another user")
		}
		t.Skip("only root can make a file of another user")
	}
	path := filepath.Join(t.TempDir(), "sessions")
	must(t, os.WriteFile(path, sound(t), 0o600))
	must(t, os.Chown(path, 4711, -1))
	refused(t, path, coatcheck.ErrInvalid, "belongs to user 4711")
	must(t, os.Remove(path))
	must(t, os.Chown(filepath.Dir(path), 4711, -1))
	_, err := memstore.Open(path, nil)
	wants(t, err, coatcheck.ErrInvalid)
}

func TestCase45ADirectoryIntoWhichOthersMayWriteIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sessions")
	o, _ := manual()
	must(t, os.Chmod(dir, 0o777))
	_, err := memstore.Open(path, o)
	wants(t, err, coatcheck.ErrInvalid)
	if !strings.Contains(err.Error(), "chmod go-w") {
		t.Errorf("error %q does not say what to do", err)
	}
	must(t, os.Chmod(dir, 0o777|os.ModeSticky)) // like /tmp
	must(t, open(t, path, o).Close())
}

func TestCase46FilesAreForTheirOwnerOnlyWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), "sessions")
		o, _ := manual()
		old := syscall.Umask(umask)
		s := open(t, path, o)
		fill(t, s, 0, 1, "ann")
		must(t, s.Snapshot())
		syscall.Umask(old)
		for _, suffix := range []string{"", ".journal", ".lock"} {
			info, err := os.Stat(path + suffix)
			must(t, err)
			if info.Mode() != 0o600 {
				t.Errorf("umask %03o: mode of %s is %v", umask, info.Name(), info.Mode())
			}
		}
		must(t, s.Close())
	}
}
