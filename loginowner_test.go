package coatcheck_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

// An owner has 1 to 255 bytes; a login with another changes nothing.
func TestOwnersHaveBounds(t *testing.T) {
	for name, c := range map[string]struct {
		owner string
		good  bool
	}{
		"nobody":        {"", false},
		"one byte":      {"a", true},
		"255 bytes":     {strings.Repeat("a", 255), true},
		"256 bytes":     {strings.Repeat("a", 256), false},
		"any 255 bytes": {"\x00\xff" + strings.Repeat("\"", 253), true},
	} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			before := v.cookie
			store.on(nil)
			v.visit(func(s *coatcheck.Session) {
				if err := s.Login(t.Context(), c.owner); c.good {
					expectNil(t, err)
				} else {
					expectError(t, err, coatcheck.ErrInvalid)
				}
			})
			if !c.good {
				expectEqual(t, "cookie", v.cookie, before)
				expectEqual(t, "records written", store.count("Create")+store.count("Replace"), 0)
				v.expectMotto("")
				return
			}
			v.expectMotto(c.owner)
		})
	}
}

// A login over another owner's session starts empty, and what was pending is
// dropped with it; a second login of the same owner keeps everything.
func TestLoginOverAnotherOwner(t *testing.T) {
	for _, owner := range []string{"ada", "bob"} {
		t.Run(owner, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin().login("ada")
			old := v.twin()
			v.visit(func(s *coatcheck.Session) {
				tally.Update(s, increment)
				expectNil(t, s.Login(t.Context(), owner))
				expectEqual(t, "keys at once", len(s.Keys()) == 0, owner == "bob")
			})
			old.expectAnonymous()
			if owner == "ada" {
				v.expectMotto("ada")
				v.expectTally(1)
				return
			}
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "owner", s.Owner(), "bob")
				expectEqual(t, "keys", len(s.Keys()), 0)
			})
		})
	}
}

// DeviceLabel is asked when a session is born and at a login. What is longer
// than 128 bytes is cut, but not in the middle of a character.
func TestDeviceLabel(t *testing.T) {
	for name, c := range map[string]struct{ label, want string }{
		"short":                   {"Firefox on Linux", "Firefox on Linux"},
		"of 128 bytes":            {strings.Repeat("x", 128), strings.Repeat("x", 128)},
		"of 129 bytes":            {strings.Repeat("x", 129), strings.Repeat("x", 128)},
		"of two bytes each":       {strings.Repeat("ü", 65), strings.Repeat("ü", 64)},
		"with a character across": {strings.Repeat("x", 127) + "ü", strings.Repeat("x", 127)},
		"with a longer one":       {strings.Repeat("x", 125) + "🧥", strings.Repeat("x", 125)},
		"none":                    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			label := c.label
			m := manage(t, shelf(t, nil), &coatcheck.Options{DeviceLabel: func(*http.Request) string { return label }})
			v := newVisitor(t, m).begin()
			device := func() string { return listed(t, m)[v.id()].Device }
			expectEqual(t, "device", device(), c.want)
			expectEqual(t, "valid", utf8.ValidString(device()), true)
			label = "another"
			v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
			expectEqual(t, "device behind a save", device(), c.want)
			v.login("ada")
			expectEqual(t, "device behind a login", device(), "another")
			label = ""
			v.login("ada")
			expectEqual(t, "device behind a login without a label", device(), "another")
			expectNil(t, m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error { tally.Set(s, 2); return nil }))
			expectEqual(t, "device behind Update", device(), "another")
		})
	}
}
