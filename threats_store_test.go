package coatcheck_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// A store that fails is a 503, without a cookie and without the handler's body,
// and never somebody without a session whose write begins one.
func TestRequirement22StoreOutage(t *testing.T) {
	for _, op := range []coatchecktest.Op{coatchecktest.OpLoad, coatchecktest.OpReplace, coatchecktest.OpCreate} {
		site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
			if s, err := coatcheck.FromContext(r.Context()); err == nil {
				tcpNote.Set(s, "late")
			}
			tcpPage(w)
			_, _ = w.Write([]byte("coat")) // whatever went wrong
		})
		if op != coatchecktest.OpCreate {
			site.begin("early")
		}
		site.breaks(op)
		tcpRefused(t, site.get("/"), http.StatusServiceUnavailable)
		site.heals()
		if op != coatchecktest.OpCreate {
			site.wants("early")
		}
		expectEqual(t, "births", len(site.savedAt()) > 0 && op == coatchecktest.OpLoad, false)
	}
}

// Nothing is stored and no cookie set before the first change, and to end a
// session begins none.
func TestRequirement23NothingBeforeTheFirstChange(t *testing.T) {
	site := threatSite(t)
	for _, path := range []string{"/", "/logout", "/"} {
		if site.get(path).setsCookie() {
			t.Errorf("%s set a cookie", path)
		}
	}
	expectEqual(t, "calls to the store", site.store.Calls(), 0)
	site.get("/write")
	site.get("/logout")
	expectEqual(t, "births", site.store.Calls(coatchecktest.OpCreate), 1)
}

// However many requests come without a cookie, no record is made, no cookie
// set, and the store not asked.
func TestCase61RequestsWithoutACookie(t *testing.T) {
	store := watched(t)
	m := manage(t, store, nil)
	for range 10_000 {
		res := newVisitor(t, m).visit(func(s *coatcheck.Session) { motto.Get(s) })
		if len(res.Header["Set-Cookie"]) != 0 {
			t.Fatal("a cookie was set")
		}
	}
	expectEqual(t, "calls to the store", store.count(""), 0)
}

// There is a limit to the keys of a session, and to the sessions of a store in
// RAM, where who is logged in is not put out for who is not.
func TestRequirement24Caps(t *testing.T) {
	store := memstore.New(&memstore.Options{MaxSessions: 20})
	defer store.Close()
	m := manage(t, store, &coatcheck.Options{MaxKeys: 4})
	member := newVisitor(t, m).begin().login("ada")
	for range 100 {
		newVisitor(t, m).begin()
	}
	member.expectMotto("ada")
	stat, err := store.Stat(t.Context())
	expectNil(t, err)
	if stat.Records > 20 {
		t.Errorf("%d records at a limit of 20", stat.Records)
	}
	res := member.visit(func(s *coatcheck.Session) {
		for n := range 4 {
			coatcheck.NewKey[int](fmt.Sprint("k", n)).Set(s, n)
		}
		expectError(t, s.Save(t.Context()), coatcheck.ErrTooLarge)
	})
	expectStatus(t, res, http.StatusInternalServerError)
}

// Neither tokens nor values get into what is logged, reported, printed or
// answered; an ID is there in short.
func TestRequirement30NothingSecretIsTold(t *testing.T) {
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store := watched(t)
	m := manage(t, store, &coatcheck.Options{Logger: log, OnEvent: func(_ context.Context, e coatcheck.Event) {
		fmt.Fprintf(&said, "%v %+v\n", e, e)
		log.Info("event", "id", e.ID)
	}})
	v := newVisitor(t, m).begin()
	first := v.token()
	v.visit(func(s *coatcheck.Session) {
		expectNil(t, s.Login(t.Context(), "ada"))
		fmt.Fprintf(&said, "%v %+v %#v\n", s, s.Token(), s.Token())
	})
	store.on(func(context.Context, op, func() error) error { return errLost })
	v.twin().serve(func(w http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		fmt.Fprintln(&said, err)
	})
	store.on(nil)
	newVisitor(t, m).serve(func(_ http.ResponseWriter, r *http.Request) {})
	(&visitor{t, m, "__Host-id=" + string(first)}).expectAnonymous()
	_, err := coatcheck.ParseToken(string(v.token())[:42] + "\n")
	fmt.Fprintln(&said, err)
	for _, secret := range []string{string(first), string(v.token()), "carpe diem", string(v.token())[:42]} {
		if strings.Contains(said.String(), secret) {
			t.Error("a secret was told")
		}
	}
	expectEqual(t, "the short ID is told", strings.Contains(said.String(), v.id().Short()), true)
	for line := range strings.Lines(said.String()) {
		if strings.HasPrefix(line, "time=") && strings.Contains(line, v.id().String()) {
			t.Errorf("a log has the whole ID: %s", line)
		}
	}
}

// What could mean something to a database or a file system has not the form of
// a token, and reaches neither.
func TestCase32SQLInATokenReachesNoStore(t *testing.T) {
	store := coatchecktest.NewStore(shelf(t, nil))
	m := manage(t, store, nil)
	good := unknownToken(0)
	for _, value := range []string{"' OR 1=1--", "%", "_", good + " ", " " + good, "'" + good[1:], "%" + good[1:], good[:20] + "' OR 1=1--" + good[30:], "*\r\nflush_all\r\n"} {
		s, err := m.Open(t.Context(), coatcheck.Token(value))
		if err != nil || !s.IsNew() {
			t.Errorf("%q: %v", value, err)
		}
		if !strings.ContainsAny(value, " \r\n") { // which are no part of a cookie's value
			(&visitor{t, m, "__Host-id=" + value}).expectAnonymous()
		}
	}
	expectEqual(t, "calls to the store", store.Calls(), 0)
}

// To close an account ends all its sessions and nobody else's.
func TestCase64ClosedAccount(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	phone, desk, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
	n, err := m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	expectEqual(t, "ended", n, 2)
	phone.expectAnonymous()
	desk.expectAnonymous()
	bob.expectMotto("bob")
	t.Run("beside a login", TestPromise2LoginBehindDestroyOwner)
}
