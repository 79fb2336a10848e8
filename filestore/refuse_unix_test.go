//go:build unix && !illumos && !solaris

package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// hostile are ways to put something that is no honest file under a record's
// name, given the path of a sound copy elsewhere.
func hostile() map[string]func(copy, path string) error {
	return map[string]func(copy, path string) error{
		"symbolic link":       os.Symlink,
		"dangling link":       func(copy, path string) error { return os.Symlink(copy+"?", path) },
		"hard link":           os.Link,
		"pipe":                func(_, path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory":           func(_, path string) error { return os.Mkdir(path, 0o700) },
		"socket":              listen,
		"readable by others":  func(copy, path string) error { return copyMode(copy, path, 0o640) },
		"writable by others":  func(copy, path string) error { return copyMode(copy, path, 0o602) },
		"not for our writing": func(copy, path string) error { return copyMode(copy, path, 0o400) },
		"executable by group": func(copy, path string) error { return copyMode(copy, path, 0o610) },
	}
}

// copyMode copies a file and sets the mode of the copy, whatever the umask is.
func copyMode(from, to string, mode os.FileMode) error {
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err == nil {
		err = os.Chmod(to, mode)
	}
	return err
}

// listen makes a socket, which stays when it is closed.
func listen(_, path string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	// The paths of sockets are short.
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(filepath.Dir(path)); err != nil {
		return err
	}
	defer os.Chdir(wd)
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Base(path)})
}

func TestCase44WhatIsNoHonestFileIsRefused(t *testing.T) {
	for way, open := range openers() {
		for name, plant := range hostile() {
			t.Run(way+"/"+name, func(t *testing.T) { refuses(t, open, plant) })
		}
		t.Run(way+"/as root", func(t *testing.T) {
			needsRoot(t)
			t.Run("device", func(t *testing.T) {
				refuses(t, open, func(_, path string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|3) })
			})
			t.Run("another user's", func(t *testing.T) {
				refuses(t, open, func(copy, path string) error {
					return errors.Join(copyMode(copy, path, 0o600), os.Chown(path, 4711, -1))
				})
			})
		})
	}
}

// refuses plants something under a record's name: no method follows it, waits
// for it, reads it or writes to it, and the neighbours are unharmed.
func refuses(t *testing.T, open opener, plant func(copy, path string) error) {
	ctx := context.Background()
	dir := place(t)
	s, err := open(dir, &filestore.Options{Now: func() time.Time { return start }, Logger: quiet})
	must(t, err)
	defer s.Close()
	rec, neighbour := session(1, "ann"), session(2, "ann")
	must(t, s.Create(ctx, rec))
	must(t, s.Create(ctx, neighbour))
	path := filestore.RecordPath(dir, rec.ID)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.Rename(path, outside))
	sound := read(t, outside)
	must(t, plant(outside, path))

	_, err = s.Load(ctx, rec.ID)
	if strings.Contains(t.Name(), "dangling") {
		outside += "?"
	}
	wants(t, err, coatcheck.ErrCorrupt)
	wants(t, s.Replace(ctx, next(rec, "x"), rec.Version), coatcheck.ErrCorrupt)
	wants(t, s.Touch(ctx, rec.ID, rec.Deadline), coatcheck.ErrCorrupt)
	wants(t, s.Create(ctx, rec), coatcheck.ErrCorrupt)
	recs, _, err := s.List(ctx, "", 10)
	must(t, err)
	if len(recs) != 1 || recs[0].ID != neighbour.ID {
		t.Errorf("List has %d records, want the neighbour alone", len(recs))
	}
	sweep(t, s, start)
	if b, err := os.ReadFile(outside); err == nil && string(b) != string(sound) {
		t.Error("the file outside was written to")
	}
	if info, err := os.Lstat(path); err != nil || info.IsDir() {
		return
	}
	must(t, s.Delete(ctx, rec.ID))
	must(t, s.Create(ctx, rec))
	has(t, s, rec)
	has(t, s, neighbour)
	if b, err := os.ReadFile(outside); err == nil && string(b) != string(sound) {
		t.Error("the file outside was written to")
	}
}

func TestCase45ADirectoryOfOthersIsRefused(t *testing.T) {
	refused := func(t *testing.T, dir, why string) {
		t.Helper()
		s, err := filestore.Open(dir, nil)
		if err == nil {
			s.Close()
			t.Fatal("Open takes it")
		}
		if wants(t, err, coatcheck.ErrInvalid); !strings.Contains(err.Error(), why) {
			t.Errorf("the error %q does not say %q", err, why)
		}
	}
	for _, mode := range []os.FileMode{0o777, 0o702, 0o770, 0o777 | os.ModeSticky} {
		dir := place(t)
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.Chmod(dir, mode))
		refused(t, dir, "chmod 700")
	}
	for _, inner := range []string{"records", "owners"} {
		dir := place(t)
		must(t, open(t, dir).Close())
		must(t, os.Chmod(filepath.Join(dir, inner), 0o777))
		refused(t, dir, inner)
		must(t, os.Remove(filepath.Join(dir, inner)))
		must(t, os.Symlink(t.TempDir(), filepath.Join(dir, inner)))
		refused(t, dir, "is not a directory, so it is no store")
	}
	t.Run("another user's", func(t *testing.T) {
		needsRoot(t)
		dir := place(t)
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.Chown(dir, 4711, -1))
		refused(t, dir, "belongs to user 4711")
	})
}

// A state that is a pipe does not keep Open waiting for its other end.
func TestCase44AStateThatIsNoFileIsRefused(t *testing.T) {
	dir := place(t)
	must(t, open(t, dir).Close())
	must(t, os.Remove(filepath.Join(dir, filestore.StateName)))
	must(t, syscall.Mkfifo(filepath.Join(dir, filestore.StateName), 0o600))
	_, err := filestore.Open(dir, nil)
	if wants(t, err, coatcheck.ErrInvalid); !strings.Contains(err.Error(), "remove it") {
		t.Errorf("the error is %q", err)
	}
}

// An index that could not be completed, since a file was refused, is not taken
// for complete: the next Open looks again.
func TestTheIndexGetsARefusedFileThatWasPutRight(t *testing.T) {
	dir := place(t)
	rec := session(1, "ann")
	s := open(t, dir)
	must(t, s.Create(context.Background(), rec))
	must(t, s.Close())
	must(t, os.Remove(filestore.EntryPath(dir, "ann", rec.ID)))
	must(t, os.Remove(filepath.Join(dir, filestore.StateName)))
	must(t, os.Chmod(filestore.RecordPath(dir, rec.ID), 0o644))
	must(t, open(t, dir).Close())
	must(t, os.Chmod(filestore.RecordPath(dir, rec.ID), 0o600))
	s = open(t, dir)
	has(t, s, rec)
	if n := len(owned(t, s, "ann")); n != 1 {
		t.Errorf("the index has %d sessions of the owner, want 1", n)
	}
}

// A shard that somebody exchanged for a link while the store was closed.
func TestCase45AShardThatIsALinkIsRefused(t *testing.T) {
	dir := place(t)
	s := open(t, dir)
	rec := session(1, "")
	must(t, s.Create(context.Background(), rec))
	must(t, s.Close())
	shard := filepath.Dir(filestore.RecordPath(dir, rec.ID))
	must(t, os.Rename(shard, shard+"away"))
	must(t, os.Symlink(filepath.Base(shard)+"away", shard))
	s = open(t, dir)
	_, err := s.Load(context.Background(), rec.ID)
	wants(t, err, coatcheck.ErrInvalid)
	wants(t, s.Create(context.Background(), rec), coatcheck.ErrInvalid)
}

func TestCase46FilesAreForTheirOwnerOnlyWhateverTheUmask(t *testing.T) {
	for way, open := range openers() {
		for _, umask := range []int{0, 0o777, 0o277} {
			dir := place(t)
			old := syscall.Umask(umask)
			s, err := open(dir, &filestore.Options{Now: func() time.Time { return start }, Logger: quiet})
			if err == nil {
				err = s.Create(context.Background(), session(1, "ann"))
			}
			if err == nil {
				err = s.Replace(context.Background(), next(session(1, "ann"), "x"), 1)
			}
			syscall.Umask(old)
			must(t, err)
			must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				must(t, err)
				info, err := d.Info()
				want := os.FileMode(0o600)
				if d.IsDir() {
					want = os.ModeDir | 0o700
				}
				if err != nil || info.Mode() != want {
					t.Errorf("%s, umask %03o: %s has mode %v, want %v", way, umask, path, info.Mode(), want)
				}
				return err
			}))
			must(t, s.Close())
		}
	}
}
