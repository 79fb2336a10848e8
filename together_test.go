package coatcheck_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Each of these tests sets two options that know of each other.

// turning are options under which a session's token is rotated every hour, by
// the bubble's clock.
func turning() *coatcheck.Options {
	return &coatcheck.Options{RotateEvery: time.Hour, IdleTimeout: 5 * time.Hour, AbsoluteTimeout: 100 * time.Hour}
}

// turn makes the visit that rotates the token of v, whose session is old enough.
func turn(t *testing.T, v *visitor) {
	t.Helper()
	time.Sleep(61 * time.Minute)
	before := v.cookie
	v.visit(func(*coatcheck.Session) {})
	if v.cookie == before {
		t.Fatal("the session was not rotated")
	}
}

func TestTogetherDoneFollowsRotations(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
			m := manage(t, store, turning())
			v := newVisitor(t, m).begin().login("ada")
			v.twin().visit(func(s *coatcheck.Session) { // a long response
				expectOpen(t, s)
				other := v.twin()
				if elsewhere {
					other = v.at(manage(t, store, turning()))
				}
				turn(t, other)
				time.Sleep(2 * poll)
				expectOpen(t, s)
				n, err := other.m.DestroyOwner(t.Context(), "ada")
				expectNil(t, err)
				expectEqual(t, "sessions that ended", n, 1)
				expectDone(t, s, bound, coatcheck.ErrDestroyed)
			})
		})
	}
}

func TestTogetherDoneStaysWithItsOwnRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := manage(t, watched(t), turning())
		v := newVisitor(t, m).begin().login("ada")
		time.Sleep(61 * time.Minute)
		before := v.cookie
		v.serve(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			expectOpen(t, s)
			w.WriteHeader(http.StatusOK) // rotates
			time.Sleep(2 * poll)
			expectOpen(t, s)
			expectNil(t, m.Destroy(t.Context(), s.ID()))
			expectDoneNow(t, s, coatcheck.ErrDestroyed)
		})
		if v.cookie == before {
			t.Error("the session was not rotated")
		}
	})
}

func TestTogetherACapCountsARotatedSessionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := turning()
		opts.MaxSessionsPerOwner = 2
		m := manage(t, shelf(t, nil), opts)
		first := newVisitor(t, m).begin().login("ada")
		old := first.twin()
		turn(t, first)
		second := newVisitor(t, m).begin().login("ada")
		first.expectMotto("ada")
		old.expectMotto("ada") // its grace
		third := newVisitor(t, m).begin().login("ada")
		second.expectMotto("ada")
		third.expectMotto("ada")
		first.expectAnonymous()
		old.expectAnonymous()
	})
}

func TestTogetherOthersAreFoundByTheirOldIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := manage(t, shelf(t, nil), turning())
		here, there := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("ada")
		listed, late := there.id(), here.twin()
		turn(t, there)
		turn(t, here)
		late.visit(func(s *coatcheck.Session) { // by the old token of here
			expectError(t, s.DestroyOther(t.Context(), late.id()), coatcheck.ErrInvalid)
			expectNil(t, s.DestroyOther(t.Context(), listed))
			expectError(t, s.DestroyOther(t.Context(), listed), coatcheck.ErrNotFound)
		})
		there.expectAnonymous()
		here.expectMotto("ada")
		newVisitor(t, m).begin().login("ada")
		late.visit(func(s *coatcheck.Session) {
			turn(t, here.twin())
			n, err := s.DestroyOthers(t.Context())
			expectNil(t, err)
			expectEqual(t, "others", n, 1)
		})
		here.expectMotto("ada")
	})
}

func TestTogetherARotationKeepsTheLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := turning()
		opts.PersistentIdleTimeout, opts.PersistentAbsoluteTimeout = 50*time.Hour, 500*time.Hour
		opts.DeviceLabel = func(*http.Request) string { return "a telescope" }
		opts.AddressLabel = func(*http.Request) string { return "192.0.2.0/24" }
		m := manage(t, shelf(t, nil), opts)
		v := newVisitor(t, m)
		v.visit(func(s *coatcheck.Session) {
			s.SetPersistent(true)
			expectNil(t, s.Login(t.Context(), "ada"))
		})
		var before, after coatcheck.Info
		v.visit(func(s *coatcheck.Session) { before = s.Info() })
		turn(t, v)
		v.visit(func(s *coatcheck.Session) { after = s.Info() })
		if after.Device != "a telescope" || after.Address != "192.0.2.0/24" || !after.Persistent || !after.Deadline.Equal(before.Deadline) || after.Created != before.Created {
			t.Errorf("before %+v, after %+v", before, after)
		}
		time.Sleep(10 * time.Hour) // more than the ordinary idle timeout
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "ada") })
	})
}

func TestTogetherOnlyCookiesAreRotated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := turning()
		opts.Carrier = coatcheck.HeaderCarrier("X-Session")
		_, err := coatcheck.New(shelf(t, nil), opts)
		expectError(t, err, coatcheck.ErrInvalid)
		opts.Carrier = coatcheck.FirstOf(opts.Carrier, coatcheck.CookieCarrier())
		m := manage(t, shelf(t, nil), opts)
		s, err := m.Open(t.Context(), "")
		expectNil(t, err)
		expectNil(t, s.Login(t.Context(), "ada"))
		time.Sleep(2 * time.Hour)
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://site.test/", nil)
		r.Header.Set("X-Session", string(s.Token()))
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			expectEqual(t, "owner", s.Owner(), "ada")
		})).ServeHTTP(w, r)
		expectEqual(t, "a new token in the header", w.Result().Header.Get("X-Session"), "")
		expectNoCookie(t, w.Result())
	})
}
