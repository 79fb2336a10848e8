package coatcheck_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Without the __Host- prefix a browser may hold several cookies of our name,
// of several paths. One that was renewed or that nobody knows does not stand
// in the way of the one that lives; and where none lives, one that was renewed
// keeps its successor's cookie from being overwritten.
func TestDuplicateCookies(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, &coatcheck.Options{Cookie: coatcheck.CookieOptions{Path: "/app"}})
	lives := newVisitor(t, m).begin()
	if !strings.HasPrefix(lives.cookie, "__Secure-id=") {
		t.Fatalf("the cookie is %q: the test is about another", lives.cookie)
	}
	stranger := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	cookies := map[string]string{
		"live":       lives.cookie,
		"other live": newVisitor(t, m).begin().cookie,
		"replaced":   replaced(newVisitor(t, m)),
		"replaced 2": replaced(newVisitor(t, m)),
		"unknown":    "__Secure-id=" + string(stranger.token()),
	}
	const finds, gone, begins = "finds the live one", "is ErrGone", "begins anew"
	for _, test := range []struct {
		sent string
		want string
	}{
		{"replaced, live", finds},
		{"unknown, live", finds},
		{"replaced, unknown, replaced 2, live", finds},
		{"replaced, unknown", gone},
		{"replaced, replaced 2", gone},
		{"live, other live", begins},
		{"replaced, live, other live", begins},
	} {
		names := strings.Split(test.sent, ", ")
		for range names {
			names = append(names[1:], names[0])
			t.Run(strings.Join(names, ", ")+": "+test.want, func(t *testing.T) {
				var sent []string
				for _, name := range names {
					sent = append(sent, cookies[name])
				}
				v := &visitor{t, m, strings.Join(sent, "; ")}
				res := v.visit(func(s *coatcheck.Session) {
					expectEqual(t, "found", s.Token() == lives.token(), test.want == finds)
					expectEqual(t, "found its motto", motto.Get(s) == "carpe diem", test.want == finds)
					tally.Update(s, increment)
					if test.want == gone {
						expectError(t, s.Save(t.Context()), coatcheck.ErrGone)
						tally.Set(s, 1) // and once more, for the response
					}
				})
				expectEqual(t, "a new cookie", len(res.Cookies()) > 0, test.want == begins)
				if test.want == gone {
					expectStatus(t, res, http.StatusConflict)
					return
				}
				expectStatus(t, res, http.StatusOK)
			})
		}
	}
}

// replaced returns the cookie of a session of v that was renewed since.
func replaced(v *visitor) string {
	old := v.begin().cookie
	v.visit(func(s *coatcheck.Session) { expectNil(v.t, s.Renew(v.t.Context())) })
	return old
}
