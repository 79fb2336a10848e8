package coatchecktest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Begin gives r the cookie of a new anonymous session, which fill fills.
// A session is born by its first key, so fill must set one.
func Begin(t testing.TB, m *coatcheck.Manager, r *http.Request, fill func(*coatcheck.Session)) {
	t.Helper()
	prepare(t, m, r, func(s *coatcheck.Session) error {
		fill(s)
		return s.Save(r.Context())
	})
}

// Login gives r the cookie of a new session of owner. fill may be nil.
func Login(t testing.TB, m *coatcheck.Manager, r *http.Request, owner string, fill func(*coatcheck.Session)) {
	t.Helper()
	prepare(t, m, r, func(s *coatcheck.Session) error {
		if fill != nil {
			fill(s)
		}
		return s.Login(r.Context(), owner)
	})
}

// prepare runs a request that begins a session, and gives r its cookie.
func prepare(t testing.TB, m *coatcheck.Manager, r *http.Request, begin func(*coatcheck.Session) error) {
	t.Helper()
	w := httptest.NewRecorder()
	visit(t, m, w, r.Clone(r.Context()), func(s *coatcheck.Session) {
		if err := begin(s); err != nil {
			t.Fatal(err)
		}
		if s.IsNew() {
			t.Fatal("coatchecktest: the session has no key, so it was not born")
		}
	})
	res := w.Result()
	if len(res.Cookies()) == 0 {
		t.Fatal("coatchecktest: this manager's carrier is not the cookie: open a session by Manager.Open, and put its Token into the request")
	}
	Carry(r, res)
}

// Look calls look with the session that r opens, as the next request of that
// client would see it.
func Look(t testing.TB, m *coatcheck.Manager, r *http.Request, look func(*coatcheck.Session)) {
	t.Helper()
	visit(t, m, httptest.NewRecorder(), r.Clone(r.Context()), look)
}

// Carry puts the cookies that a response set into a request, as a browser
// would, in the place of those with the same names.
func Carry(r *http.Request, from *http.Response) {
	jar := make(map[string]*http.Cookie)
	var order []string
	for _, cookies := range [][]*http.Cookie{r.Cookies(), from.Cookies()} {
		for _, c := range cookies {
			if jar[c.Name] == nil {
				order = append(order, c.Name)
			}
			jar[c.Name] = c
		}
	}
	r.Header.Del("Cookie")
	for _, name := range order {
		if c := jar[name]; c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
}

// visit runs fn inside a request.
func visit(t testing.TB, m *coatcheck.Manager, w http.ResponseWriter, r *http.Request, fn func(*coatcheck.Session)) {
	t.Helper()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err := m.FromContext(r.Context())
		if err != nil {
			t.Fatal(err)
		}
		fn(s)
	})).ServeHTTP(w, r)
}
