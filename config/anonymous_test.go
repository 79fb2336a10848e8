package config_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/sealed"
)

// TestAnonymousKeys: with a file of keys anonymous sessions are sealed, and move
// into the store with the login.
func TestAnonymousKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookie.keys")
	if err := os.WriteFile(path, []byte(sealed.NewKey().Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := parse(t, `{"store": "mem:", "anonymous_keys": "`+path+`"}`)
	s, err := c.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	views := coatcheck.NewKey[int]("views")
	w := httptest.NewRecorder()
	s.Manager.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Fatal(err)
		}
		views.Set(session, 1)
		if err := session.Save(r.Context()); err != nil {
			t.Error(err)
		}
		if _, err := coatcheck.ParseToken(string(session.Token())); err == nil {
			t.Error("an anonymous session is stored")
		}
		if err := session.Login(r.Context(), "ada"); err != nil {
			t.Error(err)
		}
		if _, err := coatcheck.ParseToken(string(session.Token())); err != nil {
			t.Errorf("a session with an owner is not stored: %v", err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	c.Options.AnonymousSealer = sealedStore(t)
	wantsError(t, c, "anonymous_keys: the program has set another AnonymousSealer")
}

// TestAnonymousKeysErrors: what is wrong with the keys is an error of the field.
func TestAnonymousKeysErrors(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.keys")
	if err := os.WriteFile(bad, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantsError(t, parse(t, `{"store": "mem:", "anonymous_keys": "`+filepath.Join(dir, "none")+`"}`), "1:37: anonymous_keys: open ")
	wantsError(t, parse(t, `{"store": "mem:", "anonymous_keys": "`+bad+`"}`), "1:37: anonymous_keys: line 1: sealed: ")
	// Chunks are right or wrong by the store, which only Open knows.
	wantsError(t, parse(t, `{"store": "mem:", "cookie": {"chunks": 2}}`), "cookie.chunks: it is 2, but this store's tokens fit into one cookie")
	for text, want := range map[string]string{
		`{"store": "mem:", "anonymous_keys": 7}`:                             "anonymous_keys: it is 7; it must be the name of a file of keys",
		`{"store": "mem:", "promote_bytes": 100}`:                            "promote_bytes: it is 100, but nothing is ever promoted without anonymous_keys",
		`{"store": "mem:", "anonymous_keys": "k", "promote_bytes": "never"}`: `promote_bytes: it is "never"; it must be a number of bytes`,
		`{"store": "mem:", "anonymous_keys": "k", "promote_bytes": 0}`:       `promote_bytes: it is 0; it must be a whole number above 0`,
	} {
		if _, err := config.Parse("app.json", []byte(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// sealedStore returns a store that seals all sessions.
func sealedStore(t *testing.T) *sealed.Store {
	t.Helper()
	s, err := sealed.New([]sealed.Key{sealed.NewKey()}, &sealed.Options{AllowUnrevocable: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantsError opens a configuration that cannot be opened.
func wantsError(t *testing.T, c *config.Config, want string) {
	t.Helper()
	s, err := c.Open(t.Context())
	if err == nil {
		t.Errorf("no error, want %q", want)
		_ = s.Close()
		return
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}
