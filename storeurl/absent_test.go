package storeurl_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// TestMustExist: a Mux that opens only what is there makes nothing, also no
// members of a ring, and says what is missing. What is there it opens.
func TestMustExist(t *testing.T) {
	m, err := storeurl.New(&storeurl.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	members := filepath.Join(dir, "ring.json")
	text := `{"members":[{"name":"a","store":"hash:` + dir + `/hash"},{"name":"b","store":"file:` + dir + `/files"}]}`
	if err := os.WriteFile(members, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	urls := []string{"hash:" + dir + "/hash", "file:" + dir + "/files", "mem:?snapshot=" + dir + "/snapshot", "ring:" + members}
	refused := func(what string) {
		t.Helper()
		for _, url := range urls {
			if _, err := m.Open(t.Context(), url); !errors.Is(err, storeurl.ErrAbsent) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%s: %s: %v", what, url, err)
			}
		}
	}
	refused("nothing")
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("there are %v", all)
	}
	for _, name := range []string{"hash", "snapshot"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused("empty ones")
	for _, name := range []string{"hash", "snapshot"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() > 0 {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
		os.Remove(filepath.Join(dir, name))
	}
	for _, url := range urls {
		store, err := mux(t).Open(t.Context(), url)
		if err == nil {
			err = storeurl.Close(store)
		}
		if err == nil {
			store, err = m.Open(t.Context(), url)
		}
		if err == nil {
			err = storeurl.Close(store)
		}
		if err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestStandIn: with a stand-in for what cannot be opened, a ring has its other
// members; an error of it is that of the ring.
func TestStandIn(t *testing.T) {
	dir := t.TempDir()
	var asked []string
	refuse := false
	m, err := storeurl.New(&storeurl.Options{MustExist: true, StandIn: func(member string, err error) (coatcheck.Store, error) {
		asked = append(asked, member)
		if refuse {
			return nil, err
		}
		return memstore.New(nil), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ring.json")
	text := `{"members":[{"name":"a","store":"mem:"},{"name":"b","store":"hash:` + dir + `/hash"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := m.Open(t.Context(), "ring:"+file)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(store.(*storeurl.Ring).Members()); n != 2 || len(asked) != 1 || asked[0] != "b" {
		t.Errorf("%d members, and it asked for %q", n, asked)
	}
	if err := storeurl.Close(store); err != nil {
		t.Error(err)
	}
	refuse = true
	if _, err := m.Open(t.Context(), "ring:"+file); !errors.Is(err, storeurl.ErrAbsent) {
		t.Errorf("refused: %v", err)
	}
}
