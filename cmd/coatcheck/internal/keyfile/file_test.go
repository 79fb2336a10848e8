package keyfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/keyfile"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// ids are the keys of the file at path, in their order.
func ids(t *testing.T, path string) (all []string) {
	t.Helper()
	f, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range f.Keys {
		all = append(all, k.ID())
	}
	return all
}

// TestStages: a change of keys takes three steps, none of which locks anybody
// out, and the last one waits until no cookie needs the old key.
func TestStages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if err := keyfile.Create(path, keyfile.New(start)); err != nil {
		t.Fatal(err)
	}
	step := func(after time.Duration) error {
		return keyfile.Change(path, func(f *keyfile.File) error { return f.Advance(start.Add(after), time.Hour) })
	}
	old := ids(t, path)[0]
	for i, after := range []time.Duration{0, time.Minute} {
		if err := step(after); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, path); len(got) != 2 || got[i] != old {
			t.Fatalf("after step %d, with the old key %s, there are %v", i+1, old, got)
		}
	}
	if err := step(time.Hour); !errors.Is(err, keyfile.ErrEarly) || !strings.Contains(err.Error(), "1m0s") {
		t.Errorf("a minute too early: %v", err)
	}
	young := ids(t, path)[0]
	if err := step(time.Hour + time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, path); len(got) != 1 || got[0] != young {
		t.Errorf("at the end there are %v, want %s", got, young)
	}
}

// TestForeignFile: a file that somebody has written by hand keeps its comments,
// and what it does not say is not guessed.
func TestForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	one, two := keyfile.New(start).Keys[0].Reveal(), keyfile.New(start).Keys[0].Reveal()
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	step := func() error {
		return keyfile.Change(path, func(f *keyfile.File) error { return f.Advance(start, time.Hour) })
	}
	write(one + "\n" + two + "\n")
	if err := step(); !errors.Is(err, keyfile.ErrUnknown) {
		t.Errorf("of two keys nobody knows why: %v", err)
	}
	write("# of the shop\n" + one + "\n")
	if err := step(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "\n# of the shop\n") || strings.Count(string(text), "seals cookies") != 1 {
		t.Errorf("%v: %d bytes without the comment", err, len(text))
	}
	write("")
	if err := step(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file without keys: %v", err)
	}
}

// TestDisk: nothing is written over, nothing is left behind, and nobody gets
// rights that he had not.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	if err := keyfile.Create(path, keyfile.New(start)); err != nil {
		t.Fatal(err)
	}
	if err := keyfile.Create(path, keyfile.New(start)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file that is there: %v", err)
	}
	before := ids(t, path)[0]
	refused := errors.New("no")
	if err := keyfile.Change(path, func(*keyfile.File) error { return refused }); !errors.Is(err, refused) || ids(t, path)[0] != before {
		t.Errorf("a change that is refused: %v", err)
	}
	for mode, want := range map[fs.FileMode]fs.FileMode{0o600: 0o600, 0o644: 0o640, 0o666: 0o640, 0o400: 0o600} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := keyfile.Change(path, func(f *keyfile.File) error { f.Reset(start); return nil }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%v became %v, want %v; %v", mode, info.Mode().Perm(), want, err)
		}
	}
	if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keyfile.Change(path, func(*keyfile.File) error { return nil }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("beside another change: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("there are %v", left)
	}
}

// TestBehindLink: the file behind a symbolic link changes, and the link stays.
func TestBehindLink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "keys"), filepath.Join(dir, "link")
	if err := keyfile.Create(path, keyfile.New(start)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	err := keyfile.Change(link, func(f *keyfile.File) error { return f.Advance(start, 0) })
	if err != nil || len(ids(t, path)) != 2 {
		t.Errorf("%v, and the file has %v", err, ids(t, path))
	}
	if to, err := os.Readlink(link); err != nil || to != path {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}
