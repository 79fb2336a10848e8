package filestore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// An entry without a record, as a crash leaves it, is swept. One whose record
// lives, or cannot be read, stays.
func TestEntriesWithoutARecordAreSwept(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s := open(t, dir)
	for n := range 4 {
		must(t, s.Create(ctx, session(n, "ann")))
	}
	must(t, os.Remove(filestore.RecordPath(dir, idOf(1))))
	must(t, os.WriteFile(filestore.RecordPath(dir, idOf(2)), []byte("damage"), 0o600))
	other := session(3, "bob")
	b, err := filestore.Encode(other)
	must(t, err)
	must(t, os.WriteFile(filestore.RecordPath(dir, idOf(3)), b, 0o600))
	if n := len(owned(t, s, "ann")); n != 4 {
		t.Fatalf("there are %d entries before the sweep, want 4", n)
	}
	sweep(t, s, start)
	ids := owned(t, s, "ann")
	if len(ids) != 2 || ids[0] != idOf(0) && ids[1] != idOf(0) || ids[0] != idOf(2) && ids[1] != idOf(2) {
		t.Errorf("after the sweep there are %v, want those of sessions 0 and 2", ids)
	}
}

// Records that are created while sweeps look for entries without a record are
// always in the index.
func TestSweepsNeverTakeAnEntryWhoseRecordIsComing(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s, other := open(t, dir), open(t, dir)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					sweep(t, other, start)
				}
			}
		})
	}
	for n := range 120 {
		owner := fmt.Sprint("owner", n%3)
		must(t, s.Create(ctx, session(n, owner)))
		if _, err := os.Stat(filestore.EntryPath(dir, owner, idOf(n))); err != nil {
			t.Error(err)
		}
		if n%2 == 0 {
			must(t, s.Delete(ctx, idOf(n)))
		}
	}
	close(stop)
	wg.Wait()
}

// The index is made anew when nobody can vouch for it: the first time that the
// directory is opened after a start of the machine, if it is a copy of another,
// and whenever somebody asks.
func TestTheIndexIsRepaired(t *testing.T) {
	ctx := context.Background()
	for name, lose := range map[string]func(dir string) error{
		"no state":     func(dir string) error { return os.Remove(filepath.Join(dir, filestore.StateName)) },
		"empty state":  func(dir string) error { return os.Truncate(filepath.Join(dir, filestore.StateName), 0) },
		"another boot": func(dir string) error { return editState(dir, "index ", "index 0") },
		"a copy":       func(dir string) error { return os.CopyFS(dir+"2", os.DirFS(dir)) },
	} {
		dir := place(t)
		s := open(t, dir)
		must(t, s.Create(ctx, session(1, "ann")))
		must(t, s.Close())
		must(t, os.Remove(filestore.EntryPath(dir, "ann", idOf(1))))
		must(t, lose(dir))
		if name == "a copy" {
			dir += "2"
			must(t, os.Chmod(filestore.RecordPath(dir, idOf(1)), 0o600))
			must(t, os.Chmod(dir, 0o700))
		}
		s = open(t, dir)
		if n := len(owned(t, s, "ann")); n != 1 {
			t.Errorf("%s: the index has %d sessions of the owner, want 1", name, n)
		}
		must(t, os.Remove(filestore.EntryPath(dir, "ann", idOf(1))))
		must(t, s.Repair(ctx))
		if n := len(owned(t, s, "ann")); n != 1 {
			t.Errorf("%s: the index has %d sessions of the owner after Repair, want 1", name, n)
		}
	}
}

func editState(dir, old, new string) error {
	path := filepath.Join(dir, filestore.StateName)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(new), 1), 0o600)
}

// What a newer version wrote is refused, and left alone.
func TestANewerFormatIsRefused(t *testing.T) {
	dir := place(t)
	must(t, open(t, dir).Close())
	must(t, editState(dir, "filestore 1", "filestore 2"))
	before := read(t, filepath.Join(dir, filestore.StateName))
	_, err := filestore.Open(dir, nil)
	wants(t, err, coatcheck.ErrInvalid)
	if !bytes.Equal(before, read(t, filepath.Join(dir, filestore.StateName))) {
		t.Error("the state was overwritten")
	}
}

// A Delete that meets a Create of the same ID leaves the index right, whoever
// comes first.
func TestIndexUnderDeleteAndCreate(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s, other := open(t, dir), open(t, dir)
	for n := range 60 {
		must(t, s.Create(ctx, session(n, "ann")))
		var wg sync.WaitGroup
		wg.Go(func() { must(t, s.Delete(ctx, idOf(n))) })
		wg.Go(func() {
			for other.Create(ctx, session(n, "ann")) != nil {
				if ctx.Err() != nil {
					return
				}
			}
		})
		wg.Wait()
	}
	if n := len(owned(t, s, "ann")); n != 60 {
		t.Errorf("the index has %d sessions, want 60", n)
	}
	if n := sweep(t, s, start.Add(24*time.Hour)); n != 60 {
		t.Errorf("%d are swept, want 60", n)
	}
	if n := len(owned(t, s, "ann")); n != 0 {
		t.Errorf("the index has %d sessions after all are swept", n)
	}
}
