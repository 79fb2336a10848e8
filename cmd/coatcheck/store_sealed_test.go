package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A file of keys is made once, for the server only; two programs that name it
// open each other's sessions and know of each other's logouts.
func TestSealedStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	managers := make([]*coatcheck.Manager, 2)
	for i := range managers {
		store, err := openStore("sealed:"+path, made)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = closeStore(store) })
		if managers[i], err = coatcheck.New(store, nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = managers[i].Close() })
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want mode 0600", info, err)
	}
	s, err := managers[0].Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Login(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	other, err := managers[1].Open(t.Context(), s.Token())
	if err != nil || other.Owner() != "ada" {
		t.Fatalf("the other program opens a session of %q, %v", other.Owner(), err)
	}
	token := s.Token()
	if err := other.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := managers[0].Open(t.Context(), token); err != nil || !again.IsNew() {
		t.Errorf("a session lives that the other program has ended, or %v", err)
	}
}

// A file with anything else in it is refused with its name and the line.
func TestSealedStoreRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(path, []byte("# notes\nno key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openStore("sealed:"+path, made)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "no key") {
		t.Errorf("the error is %v, want one that names the file and line 2", err)
	}
	if _, err := openStore("sealed:"+filepath.Join(path, "keys"), made); err == nil {
		t.Error("keys below a file were opened")
	}
}
