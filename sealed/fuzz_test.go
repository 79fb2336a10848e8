package sealed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

const fuzzScope = "id\x00__Host-id"

func fuzzStore(f *testing.F) *sealed.Store {
	store, err := sealed.New([]sealed.Key{testKey(f, 1)}, &sealed.Options{AllowUnrevocable: true})
	if err != nil {
		f.Fatal(err)
	}
	return store
}

// FuzzOpen gives any text to Open. Only what was sealed opens; nothing panics,
// and no error repeats the token.
func FuzzOpen(f *testing.F) {
	store := fuzzStore(f)
	names, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		f.Fatal(err)
	}
	good := map[string]bool{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		token := strings.TrimSpace(string(text))
		good[token] = true
		f.Add(token)
		f.Add(token[:len(token)-1])
	}
	f.Add("")
	f.Add(strings.Repeat("A", 100))
	f.Fuzz(func(t *testing.T, text string) {
		store.Stale(coatcheck.Token(text))
		rec, err := store.Open(t.Context(), fuzzScope, coatcheck.Token(text))
		if (err == nil) != good[text] || (rec == nil) != (err != nil) {
			t.Fatalf("opens as %v, %v", rec, err)
		}
		if err != nil && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Fatalf("the error repeats the token: %v", err)
		}
	})
}

// FuzzContent opens tokens that are sealed well and hold anything: what
// another version of this package, or another user of the keys, could have sealed.
func FuzzContent(f *testing.F) {
	store := fuzzStore(f)
	f.Add([]byte("\x00"))
	f.Add([]byte("\x01\x03\x00"))
	f.Add(append([]byte("\x00ccr\x01"), make([]byte, 84)...))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) == 0 || len(content) > 10_000 {
			return
		}
		token, err := store.Wrap(fuzzScope, content)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := store.Open(t.Context(), fuzzScope, token)
		if (rec == nil) != (err != nil) {
			t.Fatalf("opens as %v, %v", rec, err)
		}
	})
}

// FuzzReadKeys reads any text as a file of keys.
func FuzzReadKeys(f *testing.F) {
	f.Add("# a comment\n" + sealed.NewKey().Reveal())
	f.Add("\x00\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := sealed.ReadKeys(strings.NewReader(text))
		if (len(keys) == 0) != (err != nil) {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
	})
}
