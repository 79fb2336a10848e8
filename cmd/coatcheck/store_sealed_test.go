package main

import (
	"io"
	"net/http"
	"net/http/httptest"
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

// The demo's anonymous sessions are in their cookies with --anonymous-keys, and
// in the store from the login on; a store that seals all sessions is refused.
func TestAnonymousKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookie.keys")
	store, err := openStore("mem:", made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeStore(store) })
	f := demoFlags{anonymousKeys: path}
	if said := f.where("mem:"); !strings.Contains(said, "until a login in the visitors' cookies") || !strings.Contains(said, path) {
		t.Errorf("of its sessions it says %q", said)
	}
	site, err := f.site(store, true, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	cookie := ""
	for _, step := range []struct {
		path, body string
		records    int64
	}{
		{"/count", "1", 0}, {"/count", "2", 0},
		{"/login?user=ada", "", 2}, // the session, and what ended the sealed one
		{"/count", "3", 2},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+step.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", cookie)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil || step.body != "" && strings.TrimSpace(string(body)) != step.body {
			t.Errorf("%s: %q, %v; want %q", step.path, body, err, step.body)
		}
		for _, c := range res.Cookies() {
			cookie = c.Name + "=" + c.Value
		}
		if stats, err := coatcheck.StatOf(t.Context(), store); err != nil || stats.Records != step.records {
			t.Errorf("%s: %d records in the store, %v; want %d", step.path, stats.Records, err, step.records)
		}
	}
	all, err := openStore("sealed:"+path, made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeStore(all) })
	if _, err := f.site(all, true, io.Discard); err == nil || !strings.Contains(err.Error(), "--anonymous-keys") {
		t.Errorf("a sealed store beside sealed sessions: %v", err)
	}
}
