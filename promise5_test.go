package coatcheck_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// madeUp is a token of the right form that nobody issued.
const madeUp = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Promise 5: a token that we did not issue, or that is dead, is never adopted:
// it opens nothing, and what its holder changes goes under another one.
func TestPromise5OnlyOurIDsLive(t *testing.T) {
	for _, test := range []struct {
		name  string
		token func(t *testing.T, v *visitor, store coatcheck.Store) string // v has a session
	}{
		{"made up", func(*testing.T, *visitor, coatcheck.Store) string { return madeUp }},
		{"destroyed by its visitor", func(t *testing.T, v *visitor, _ coatcheck.Store) string {
			token := string(v.token())
			v.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
			return token
		}},
		{"destroyed by the program", func(t *testing.T, v *visitor, _ coatcheck.Store) string {
			expectNil(t, v.m.Destroy(t.Context(), v.id()))
			return string(v.token())
		}},
		{"of another manager on the same store", func(t *testing.T, _ *visitor, store coatcheck.Store) string {
			return string(newVisitor(t, manage(t, store, &coatcheck.Options{Name: "other"})).begin().token())
		}},
		{"the ID of a session", func(_ *testing.T, v *visitor, _ coatcheck.Store) string { return v.id().String() }},
		{"the ID in the form of a token", func(_ *testing.T, v *visitor, _ coatcheck.Store) string {
			return strings.ToUpper(v.id().String()[:42]) + "A"
		}},
		{"with one character changed", func(_ *testing.T, v *visitor, _ coatcheck.Store) string {
			token := string(v.token())
			if token[0] == 'A' {
				return "B" + token[1:]
			}
			return "A" + token[1:]
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := shelf(t, nil)
			m := manage(t, store, nil)
			token := test.token(t, newVisitor(t, m).begin(), store)
			v := newVisitor(t, m)
			v.cookie = "__Host-id=" + token
			v.expectAnonymous()
			before := stored(t, store)
			expectNoCookie(t, v.visit(func(s *coatcheck.Session) { motto.Get(s) }))
			expectEqual(t, "records", stored(t, store), before)
			res := v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
			expectStatus(t, res, http.StatusOK)
			expectEqual(t, "records", stored(t, store), before+1)
			if string(v.token()) == token {
				t.Error("the token was adopted")
			}
			v.expectTally(1)
			again := v.twin()
			again.cookie = "__Host-id=" + token
			again.expectAnonymous()
			s, err := m.Open(t.Context(), coatcheck.Token(token))
			expectNil(t, err)
			expectEqual(t, "new by Open", s.IsNew(), true)
		})
	}
}

// Login never takes over a token that the visitor brought along.
func TestPromise5LoginNeverAdopts(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m)
	v.cookie = "__Host-id=" + madeUp
	planted := v.twin()
	v.login("ada")
	planted.expectAnonymous()
	if v.token() == madeUp {
		t.Error("the token was adopted")
	}
}

// Tokens are 43 characters of base64url, without a repetition.
func TestPromise5Tokens(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	seen := make(map[coatcheck.Token]bool)
	for range 2000 {
		s, err := m.Open(t.Context(), "")
		expectNil(t, err)
		tally.Set(s, 1)
		expectNil(t, s.Save(t.Context()))
		token := s.Token()
		if _, err := coatcheck.ParseToken(string(token)); err != nil || seen[token] {
			t.Fatalf("token repeated %t, %v", seen[token], err)
		}
		seen[token] = true
		expectEqual(t, "ID", s.ID(), m.ID(token))
	}
}
