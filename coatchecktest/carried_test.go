package coatchecktest_test

import (
	"net/http/httptest"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// What the package's documentation says of headers, works.
func TestHeaderCarriesASession(t *testing.T) {
	m := coatchecktest.NewManager(t, &coatcheck.Options{Carrier: coatcheck.HeaderCarrier("Authorization")})
	s, err := m.Open(t.Context(), "")
	if err == nil {
		err = s.Login(t.Context(), "user-42")
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/account", nil)
	r.Header.Set("Authorization", "Bearer "+string(s.Token()))
	coatchecktest.Look(t, m, r, func(s *coatcheck.Session) {
		if s.Owner() != "user-42" {
			t.Errorf("the owner is %q", s.Owner())
		}
	})
}
