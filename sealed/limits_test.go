package sealed_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// What the package's first paragraph says: of two requests side by side, the
// one whose response arrives last stands, and an old cookie brings old values
// back.
func TestWhatItCannotPromise(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().begin()
	slow := b.twin()
	res := slow.visit(func(s *coatcheck.Session) {
		tally.Update(s, increment)
		b.visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
	})
	b.keep(res) // the slow one's response arrives last
	b.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 1) })
	yesterday := b.twin()
	b.visit(func(s *coatcheck.Session) { tally.Set(s, 9) })
	yesterday.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 1) })
}

// Without a revoker a logout clears the cookie, and nothing more.
func TestAllowUnrevocable(t *testing.T) {
	site := open(t, setup{seal: sealed.Options{AllowUnrevocable: true}})
	b := site.browser().begin()
	early := b.twin()
	b.login("ada")
	b.expectLive("ada")
	early.expectLive("")
	thief := b.twin()
	b.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(context.Background())) })
	b.expectLive("ada")
	b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
	expectEqual(t, "cookies", len(b.jar), 0)
	thief.expectLive("ada")
	_, err := site.m.DestroyOwner(t.Context(), "ada")
	expectError(t, err, coatcheck.ErrUnsupported)
	expectError(t, site.m.Destroy(t.Context(), thief.id()), coatcheck.ErrUnsupported)
	_, err = site.m.Sweep(t.Context())
	expectError(t, err, coatcheck.ErrUnsupported)
}

// Without a revoker, and without headers to clear the cookie by, nothing would
// end the session: that must not pass for a logout.
func TestUnrevocableLateDestroy(t *testing.T) {
	site := open(t, setup{seal: sealed.Options{AllowUnrevocable: true}})
	b := site.browser().login("ada")
	b.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		_, _ = io.WriteString(w, "too late")
		expectError(t, s.Destroy(r.Context()), coatcheck.ErrHeadersSent)
		expectEqual(t, "owner", s.Owner(), "ada")
	})
	expectEqual(t, "events", site.events.of(coatcheck.EventDestroyed), 0)
	b.expectLive("ada")
}

// What needs a list of sessions says that there is none.
func TestUnsupported(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().login("ada")
	for _, err := range site.m.Sessions(t.Context(), "ada") {
		expectError(t, err, coatcheck.ErrUnsupported)
	}
	for _, err := range site.m.All(t.Context()) {
		expectError(t, err, coatcheck.ErrUnsupported)
	}
	expectError(t, site.m.Update(t.Context(), b.id(), func(*coatcheck.Session) error { return nil }), coatcheck.ErrUnsupported)
	_, err := site.m.NewRecord("", "", nil, newClock().Now())
	expectError(t, err, coatcheck.ErrUnsupported)
	expectError(t, site.m.Destroy(t.Context(), b.id()), nil)
	b.expectDead("a session that was destroyed by its ID")
	_, err = site.m.DestroyOwner(t.Context(), "ada", make([]coatcheck.ID, 65)...)
	expectError(t, err, coatcheck.ErrInvalid)
}

// A change behind the first byte cannot be saved, and is reported; a touch is
// left out.
func TestChangeBehindTheHeaders(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().begin()
	res := b.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		_, _ = io.WriteString(w, "first byte")
		tally.Set(s, 1)
		expectError(t, s.Save(r.Context()), coatcheck.ErrHeadersSent)
		expectError(t, s.Renew(r.Context()), coatcheck.ErrHeadersSent)
		expectError(t, s.Login(r.Context(), "ada"), coatcheck.ErrHeadersSent)
	})
	expectNoCookie(t, res)
	expectEqual(t, "late changes", site.events.of(coatcheck.EventLateChange), 1)
	b.expectLive("")
}

// A hijacked connection gets no cookie, so its changes are reported as late.
func TestHijack(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().begin()
	site.events.news = make(chan coatcheck.EventKind, 10)
	r, err := http.NewRequest(http.MethodGet, site.url+site.task(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		tally.Set(s, 1)
		conn, _, err := http.NewResponseController(w).Hijack()
		expectNil(t, err)
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		_ = conn.Close()
	}), nil)
	expectNil(t, err)
	r.Header.Set("Cookie", b.header())
	res, err := http.DefaultClient.Do(r)
	expectNil(t, err)
	expectNil(t, res.Body.Close())
	expectNoCookie(t, res)
	expectEqual(t, "event", <-site.events.news, coatcheck.EventLateChange)
	b.expectLive("")
}

// Outside HTTP a session is opened by its token, and every save gives another.
func TestOutsideHTTP(t *testing.T) {
	site := open(t, setup{})
	ctx := t.Context()
	s, err := site.m.Open(ctx, "")
	expectNil(t, err)
	tally.Set(s, 1)
	expectNil(t, s.Save(ctx))
	first := s.Token()
	expectNil(t, s.Transact(ctx, func(s *coatcheck.Session) error { tally.Update(s, increment); return nil }))
	second := s.Token()
	for token, want := range map[coatcheck.Token]int{first: 1, second: 2} {
		s, err := site.m.Open(ctx, token)
		expectNil(t, err)
		expectEqual(t, "tally", tally.Get(s), want)
	}
	refused := errors.New("no")
	expectError(t, s.Transact(ctx, func(s *coatcheck.Session) error { tally.Set(s, 7); return refused }), refused)
	expectEqual(t, "tally", tally.Get(s), 2)
	motto.Set(s, strings.Repeat("m", 30_000))
	expectError(t, s.Save(ctx), coatcheck.ErrTooLarge)
	motto.Delete(s)
	expectNil(t, s.Login(ctx, "ada"))
	s, err = site.m.Open(ctx, second)
	expectNil(t, err)
	if !s.IsNew() {
		t.Error("the token from before the login opens a session")
	}
}
