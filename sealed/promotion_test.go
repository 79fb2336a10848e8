package sealed_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// A villa is a site that seals anonymous sessions and stores the others.
type villa struct {
	*site
	store *memstore.Store
}

// openVilla starts one. Its revoker is another store, so that the records in
// the first can be counted.
func openVilla(t testing.TB, with setup) *villa {
	t.Helper()
	store := newRevoker(t, with.options.Now)
	with.store = store
	return &villa{open(t, with), store}
}

// expectRecords counts what the store holds, revocations excluded.
func (v *villa) expectRecords(want int) {
	v.t.Helper()
	stats, err := v.store.Stat(context.Background())
	expectNil(v.t, err)
	expectEqual(v.t, "records in the store", stats.Records, int64(want))
}

// isStored reports whether the browser's cookie is a stored session's.
func (b *browser) isStored() bool {
	_, err := coatcheck.ParseToken(b.value())
	return err == nil
}

// promotions are the ways in which a session moves into the store, with the
// owner that it has there.
var promotions = map[string]struct {
	owner string
	do    func(s *coatcheck.Session) error
}{
	"login": {"ada", func(s *coatcheck.Session) error { return s.Login(context.Background(), "ada") }},
	"growth": {"", func(s *coatcheck.Session) error {
		coatcheck.NewKey[string]("long").Set(s, strings.Repeat("l", 5000))
		return s.Save(context.Background())
	}},
	"Promote": {"", func(s *coatcheck.Session) error { return s.Promote(context.Background()) }},
	"growth at a renewal": {"", func(s *coatcheck.Session) error {
		coatcheck.NewKey[string]("long").Set(s, strings.Repeat("l", 5000))
		return s.Renew(context.Background())
	}},
}

// Born sealed, promoted later: an anonymous session is in its cookie, and the
// store holds nothing of it. With the login it moves into the store, values,
// pending changes, birth and device label included, under a plain token.
func TestPromotion(t *testing.T) {
	for name, p := range promotions {
		t.Run(name, func(t *testing.T) {
			clock, device := newClock(), "Lynx"
			options := coatcheck.Options{Now: clock.Now, DeviceLabel: func(*http.Request) string { return device }}
			v := openVilla(t, setup{options: options})
			b := v.browser().begin()
			v.expectRecords(0)
			if b.isStored() {
				t.Error("the cookie is a stored session's")
			}
			var born, moved coatcheck.Info
			b.visit(func(s *coatcheck.Session) { born = s.Info() })
			clock.Advance(time.Minute)
			if name == "Promote" || name == "growth" { // as for any session, a login or a renewal writes it down
				device = "Mosaic"
			}
			b.visit(func(s *coatcheck.Session) { // a touch, and a change
				tally.Update(s, increment)
				expectNil(t, p.do(s))
				moved = s.Info()
				tally.Update(s, increment)
			})
			if !b.isStored() {
				t.Error("the cookie is no stored session's")
			}
			v.expectRecords(1)
			b.expectLive(p.owner)
			b.visit(func(s *coatcheck.Session) {
				expectEqual(t, "tally", tally.Get(s), 2)
				expectEqual(t, "ID", s.ID(), moved.ID)
			})
			expectEqual(t, "birth", moved.Created, born.Created)
			expectEqual(t, "device", moved.Device, "Lynx")
			if p.owner == "" {
				expectEqual(t, "deadline", moved.Deadline, born.Deadline)
			} else {
				expectEqual(t, "authentication", moved.AuthTime, clock.Now().UTC())
			}
			// From now on it is as any other in the store.
			b.visit(func(s *coatcheck.Session) { expectNil(t, s.Promote(context.Background())) })
			b.visit(func(s *coatcheck.Session) {
				expectEqual(t, "ID", s.ID(), moved.ID)
				expectNil(t, s.Destroy(context.Background()))
			})
			expectEqual(t, "cookies", len(b.jar), 0)
			v.expectRecords(0)
			b.begin()
			v.expectRecords(0)
		})
	}
}

// A login without a session before goes to the store at once, and so does a
// birth of what no cookie holds, or that Promote asks for.
func TestPromotionAtBirth(t *testing.T) {
	v := openVilla(t, setup{})
	v.browser().login("ada").expectLive("ada")
	v.expectRecords(1)
	expectStatus(t, v.browser().fill(5000), http.StatusOK)
	v.expectRecords(2)
	b := v.browser()
	b.visit(func(s *coatcheck.Session) {
		expectNil(t, s.Promote(context.Background())) // there is nothing to keep
		expectEqual(t, "new", s.IsNew(), true)
		motto.Set(s, "carpe diem")
		expectNil(t, s.Promote(context.Background()))
	})
	b.expectLive("")
	v.expectRecords(3)
	s, err := v.m.Open(t.Context(), "")
	expectNil(t, err)
	motto.Set(s, "carpe diem")
	expectNil(t, s.Save(t.Context()))
	v.expectRecords(3)
	expectNil(t, s.Login(t.Context(), "bob"))
	v.expectRecords(4)
	_, err = coatcheck.ParseToken(string(s.Token()))
	expectNil(t, err)
}

// PromoteBytes says how long an anonymous session may be, and NoPromotion
// that a cookie has to do.
func TestPromoteBytes(t *testing.T) {
	v := openVilla(t, setup{options: coatcheck.Options{PromoteBytes: 100}})
	b := v.browser()
	b.fill(100 - len(`{"motto":""}`))
	v.expectRecords(0)
	b.fill(101 - len(`{"motto":""}`))
	v.expectRecords(1)
	v = openVilla(t, setup{options: coatcheck.Options{PromoteBytes: coatcheck.NoPromotion}})
	b = v.browser().begin()
	res := b.fill(5000)
	expectStatus(t, res, http.StatusInternalServerError)
	expectNoCookie(t, res)
	b.expectLive("")
	v.expectRecords(0)
	b.login("ada")
	v.expectRecords(1)
	// What neither a cookie nor the store holds stays where it is.
	v = openVilla(t, setup{options: coatcheck.Options{MaxBytes: 8000}})
	b = v.browser().begin()
	res = b.fill(9000)
	expectStatus(t, res, http.StatusInternalServerError)
	expectNoCookie(t, res)
	b.expectLive("")
	v.expectRecords(0)
}

// A promotion removes the chunks that the sealed session took.
func TestPromotionRemovesChunks(t *testing.T) {
	v := openVilla(t, setup{options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 3}}})
	for name, p := range promotions {
		b := v.browser()
		b.fill(7000)
		if len(b.jar) != 3 {
			t.Fatalf("%s: %d cookies, want 3", name, len(b.jar))
		}
		old := b.twin()
		b.visit(func(s *coatcheck.Session) { expectNil(t, p.do(s)) })
		if name == "Promote" || name == "login" {
			expectEqual(t, "cookies", len(b.jar), 1)
			expectEqual(t, "length", b.length(), 7000)
			old.expectDead("the chunks of a promoted session")
		}
		// Leftovers of a response that got lost do no harm.
		old.jar[cookieName] = b.value()
		old.expectSame(b)
	}
}

// expectSame checks that two browsers have the same session.
func (b *browser) expectSame(other *browser) {
	b.t.Helper()
	if id := b.id(); id.IsZero() || id != other.id() {
		b.t.Errorf("the sessions are %v and %v", id, other.id())
	}
}

// The length of a token decides whether it is opened as a stored session's or
// as a sealed one; nothing is tried both ways.
func TestPromotionTokensNeverFallBack(t *testing.T) {
	store := coatchecktest.NewStore(newRevoker(t, nil))
	sealer, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
	expectNil(t, err)
	watch := &opener{Sealer: sealer}
	site := &site{t: t, events: new(journal)}
	site.m, err = coatcheck.New(store, &coatcheck.Options{AnonymousSealer: watch, Cookie: coatcheck.CookieOptions{Chunks: 2}, OnEvent: site.events.add, SweepInterval: coatcheck.NoSweep})
	expectNil(t, err)
	t.Cleanup(func() { _ = site.m.Close() })
	good := site.browser().login("ada").value()
	sealedOne := site.browser().begin().value()
	for value, want := range map[string]struct{ loads, opens int }{
		good:                              {1, 0},
		strings.Repeat("A", 43):           {1, 0},
		strings.Repeat("A", 42) + "B":     {0, 0}, // trailing bits
		strings.Repeat("A", 42) + "~":     {0, 0},
		strings.Repeat("A", 42):           {0, 1},
		strings.Repeat("A", 44):           {0, 1},
		sealedOne:                         {0, 1},
		good + "A":                        {0, 1},
		"2~" + good[:20]:                  {0, 0}, // a stored session's token in two cookies
		sealedOne[:43]:                    {-1, 0},
		strings.Repeat("A", 5000):         {0, 0},
		"2~" + strings.Repeat("A", 41):    {0, 0},
		"1000000000~" + sealedOne:         {0, 1},
		"\"" + good[:41] + "\"":           {0, 0},
		strings.ToUpper(good)[:42] + "\n": {0, 0},
	} {
		b := site.browser()
		b.jar[cookieName], b.jar[cookieName+"~1"] = value, good[20:]
		watch.calls = 0
		before := store.Calls(coatchecktest.OpLoad)
		b.visit(func(s *coatcheck.Session) {
			live := value == good || value == sealedOne
			expectEqual(t, "new", s.IsNew(), !live)
		})
		if n := store.Calls(coatchecktest.OpLoad) - before; want.loads >= 0 && n != want.loads || watch.calls != want.opens {
			t.Errorf("%.20q of %d characters: %d loads and %d attempts to open, want %+v", value, len(value), n, watch.calls, want)
		}
	}
	for _, token := range []string{strings.Repeat("A", 42) + "B", strings.Repeat("A", 42) + "\n"} {
		watch.calls = 0
		s, err := site.m.Open(t.Context(), coatcheck.Token(token))
		expectNil(t, err)
		expectEqual(t, "new", s.IsNew(), true)
		expectEqual(t, "attempts to open", watch.calls, 0)
	}
	// A sealer whose tokens look like a stored session's is refused.
	watch.seal = func(coatcheck.Token) coatcheck.Token { return coatcheck.Token(strings.Repeat("A", 43)) }
	res := site.browser().visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	expectStatus(t, res, http.StatusServiceUnavailable)
	expectNoCookie(t, res)
}

// An opener counts how often something was to be opened, and may seal wrongly.
type opener struct {
	coatcheck.Sealer
	calls int
	seal  func(coatcheck.Token) coatcheck.Token
}

// Open implements coatcheck.Sealer.
func (o *opener) Open(ctx context.Context, scope string, token coatcheck.Token) (*coatcheck.Record, error) {
	o.calls++
	return o.Sealer.Open(ctx, scope, token)
}

// Seal implements coatcheck.Sealer.
func (o *opener) Seal(ctx context.Context, scope string, rec *coatcheck.Record) (coatcheck.Token, error) {
	token, err := o.Sealer.Seal(ctx, scope, rec)
	if o.seal != nil {
		token = o.seal(token)
	}
	return token, err
}

// A cookie with an owner, from when all sessions were sealed, opens nothing:
// DestroyOwner goes to the store and would not end it.
func TestPromotionRefusesSealedOwners(t *testing.T) {
	before := open(t, setup{})
	v := openVilla(t, setup{seal: revoked(before)})
	b := before.browser().login("ada").at(v.site)
	b.expectDead("a sealed session with an owner")
	expectEqual(t, "reason", v.events.take(), "owner")
	before.browser().begin().at(v.site).expectLive("") // an anonymous one goes on
}

// What a manager does with sessions from outside goes to the store; Destroy
// also ends a sealed session, of which nobody else knows the ID.
func TestPromotionAdministration(t *testing.T) {
	for name, shared := range map[string]bool{"one store": true, "two stores": false} {
		t.Run(name, func(t *testing.T) {
			store := newRevoker(t, nil)
			with := setup{store: store}
			if shared {
				with.seal.Revoker = store
			}
			v := &villa{open(t, with), store}
			ctx := t.Context()
			anonymous, gone, ada := v.browser().begin(), v.browser().begin(), v.browser().login("ada")
			moved := v.browser().begin()
			movedID, adaID := moved.id(), ada.id()
			moved.login("bob")
			var owners []string
			for info, err := range v.m.All(ctx) {
				expectNil(t, err)
				owners = append(owners, info.Owner)
			}
			slices.Sort(owners)
			expectEqual(t, "owners", strings.Join(owners, " "), "ada bob")
			expectNil(t, v.m.Update(ctx, adaID, func(s *coatcheck.Session) error { tally.Set(s, 7); return nil }))
			ada.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 7) })
			id := gone.id()
			for range 3 {
				expectNil(t, v.m.Destroy(ctx, id))
				gone.expectDead("a sealed session that was destroyed by its ID")
				expectError(t, v.m.Destroy(ctx, movedID), coatcheck.ErrGone)
				expectNil(t, v.m.Destroy(ctx, adaID))
				ada.expectDead("a stored session that was destroyed by its ID")
				expectError(t, v.m.Update(ctx, id, func(*coatcheck.Session) error { return nil }), coatcheck.ErrNotFound)
			}
			moved.expectLive("bob")
			n, err := v.m.DestroyOwner(ctx, "bob")
			expectNil(t, err)
			expectEqual(t, "sessions ended", n, 1)
			moved.expectDead("a session whose owner's were ended")
			anonymous.expectLive("")
			_, err = v.m.Sweep(ctx)
			expectNil(t, err)
		})
	}
}

// A damaged record is removed by Destroy; if it was what ended a sealed session,
// that does not come back.
func TestPromotionDestroyOfDamage(t *testing.T) {
	store := newRevoker(t, nil)
	v := &villa{open(t, setup{store: store, seal: sealed.Options{Revoker: store}}), store}
	b := v.browser().begin()
	id := b.id()
	damage(t, store, id)
	b.expectDead("a session whose revocation is damaged")
	expectNil(t, v.m.Destroy(t.Context(), id))
	b.expectDead("a session whose revocation was damaged")
	expectNil(t, v.m.Destroy(t.Context(), id))
}

// Whether the browser keeps the cookie stays as it was, or as it is wished.
func TestPromotionKeepsPersistence(t *testing.T) {
	for name, p := range promotions {
		v := openVilla(t, setup{})
		before, now := v.browser().begin(), v.browser().begin()
		before.visit(func(s *coatcheck.Session) { s.SetPersistent(true) })
		for _, b := range []*browser{before, now} {
			res := b.visit(func(s *coatcheck.Session) {
				if b == now {
					s.SetPersistent(true)
				}
				expectNil(t, p.do(s))
				expectEqual(t, "persistent", s.Info().Persistent, true)
			})
			if line := setCookie(res)[cookieName]; !strings.Contains(line, "; Max-Age=") {
				t.Errorf("%s: the cookie is %q", name, line)
			}
		}
	}
}

// Both stores are swept.
func TestPromotionSweepsBoth(t *testing.T) {
	clock := newClock()
	v := openVilla(t, setup{options: coatcheck.Options{Now: clock.Now}})
	v.browser().begin().login("ada")
	clock.Advance(24 * time.Hour)
	n, err := v.m.Sweep(t.Context())
	expectNil(t, err)
	expectEqual(t, "records swept", n, 2)
}

// Where nothing can be revoked, a copy of the old cookie opens what it held,
// and never what came with the login.
func TestPromotionUnrevocable(t *testing.T) {
	v := openVilla(t, setup{seal: sealed.Options{AllowUnrevocable: true}})
	b := v.browser().begin()
	old := b.twin()
	b.login("ada")
	b.visit(func(s *coatcheck.Session) { tally.Set(s, 7) })
	old.expectLive("")
	old.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 0) })
	expectError(t, v.m.Destroy(t.Context(), old.id()), coatcheck.ErrUnsupported)
	n, err := v.m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	expectEqual(t, "sessions ended", n, 1)
	b.expectDead("a session whose owner's were ended")
}

// Options that contradict each other are refused, by the name of the field.
func TestPromotionOptions(t *testing.T) {
	sealer, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
	expectNil(t, err)
	store := newRevoker(t, nil)
	for field, c := range map[string]struct {
		store   coatcheck.Store
		options coatcheck.Options
	}{
		"AnonymousSealer": {sealer, coatcheck.Options{AnonymousSealer: sealer}},
		"PromoteBytes":    {store, coatcheck.Options{PromoteBytes: 1}},
		"PromoteBytes is": {store, coatcheck.Options{AnonymousSealer: sealer, PromoteBytes: -2}},
		"Cookie.Chunks":   {store, coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 2}}},
	} {
		_, err := coatcheck.New(c.store, &c.options)
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Options."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	s, err := open(t, setup{}).m.Open(t.Context(), "")
	expectNil(t, err)
	expectError(t, s.Promote(t.Context()), coatcheck.ErrUnsupported)
}

// Nor in a header: what is as long as a stored session's token, but none,
// reaches neither the store nor the sealer.
func TestPromotionMalformedInAHeader(t *testing.T) {
	store := coatchecktest.NewStore(newRevoker(t, nil))
	sealer, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
	expectNil(t, err)
	watch := &opener{Sealer: sealer}
	m, err := coatcheck.New(store, &coatcheck.Options{AnonymousSealer: watch, Carrier: coatcheck.HeaderCarrier("X-Session"), SweepInterval: coatcheck.NoSweep})
	expectNil(t, err)
	t.Cleanup(func() { _ = m.Close() })
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Session", strings.Repeat("A", 42)+"B") // trailing bits
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		expectEqual(t, "new", s.IsNew(), true)
	})).ServeHTTP(httptest.NewRecorder(), r)
	expectEqual(t, "loads", store.Calls(coatchecktest.OpLoad), 0)
	expectEqual(t, "attempts to open", watch.calls, 0)
}
