package sealed_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// Golden files hold cookies as earlier versions sealed them. Whoever changes
// the format makes a new version of it and adds a file; these stay as they
// are, and today's code reads them.
var goldenUpdate = flag.Bool("update", false, "write golden files that are missing")

// goldenNow is when the golden sessions are read.
var goldenNow = time.UnixMilli(1_800_000_000_000).UTC()

// goldenSessions are what the golden cookies hold, by the name of the file.
var goldenSessions = map[string]struct {
	owner, motto string
	compress     bool
}{
	"token-v1-plain":    {"ada", "carpe diem", false},
	"token-v1-deflated": {"bob", strings.Repeat("carpe diem, ", 20), true},
}

// goldenSite is a site whose clock stands still.
func goldenSite(t *testing.T, compress bool) *site {
	return assemble(t, setup{
		keys:    []sealed.Key{testKey(t, 1), testKey(t, 2)},
		seal:    sealed.Options{AllowUnrevocable: true, Compress: compress},
		options: coatcheck.Options{Now: func() time.Time { return goldenNow }},
	})
}

func TestGoldenTokensAreRead(t *testing.T) {
	for name, golden := range goldenSessions {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".golden")
			if _, err := os.Stat(path); os.IsNotExist(err) && *goldenUpdate {
				b := goldenSite(t, golden.compress).browser()
				b.visit(func(s *coatcheck.Session) {
					motto.Set(s, golden.motto)
					expectNil(t, s.Login(t.Context(), golden.owner))
				})
				expectNil(t, os.WriteFile(path, []byte(b.value()+"\n"), 0o644))
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b := goldenSite(t, false).browser()
			b.jar[cookieName] = strings.TrimSpace(string(text))
			b.visit(func(s *coatcheck.Session) {
				if s.IsNew() || s.Owner() != golden.owner || motto.Get(s) != golden.motto || !s.AuthTime().Equal(goldenNow) {
					t.Errorf("owner %q, motto %q, login %v", s.Owner(), motto.Get(s), s.AuthTime())
				}
			})
		})
	}
}

// IDs of keys stay what they were: else no cookie would find its key.
func TestGoldenKeyID(t *testing.T) {
	expectEqual(t, "ID", testKey(t, 1).ID(), "3733db9b")
}
