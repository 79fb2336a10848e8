package sealed_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// long is a value that no cookie holds.
var long = strings.Repeat("l", 5000)

// assembleVilla is openVilla without a server, for bubbles.
func assembleVilla(t *testing.T, o coatcheck.Options) *villa {
	t.Helper()
	store := newRevoker(t, nil)
	return &villa{assemble(t, setup{options: o, store: store}), store}
}

func TestTogetherBudgetsCountWhatMovesIntoTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := assembleVilla(t, coatcheck.Options{Flood: coatcheck.FloodOptions{Total: 1, Window: time.Hour}})
		for range 5 { // sealed sessions cost nothing, and are not counted
			v.browser().begin()
		}
		v.expectRecords(0)
		grow := func(b *browser) *http.Response {
			return b.visit(func(s *coatcheck.Session) { motto.Set(s, long) })
		}
		first, second := v.browser().begin(), v.browser().begin()
		expectStatus(t, grow(first), http.StatusOK)
		before := second.value()
		expectStatus(t, grow(second), http.StatusServiceUnavailable)
		expectEqual(t, "the cookie of one that may not grow", second.value(), before)
		v.expectRecords(1)
		expectStatus(t, second.visit(func(s *coatcheck.Session) { expectNil(t, s.Login(t.Context(), "ada")) }), http.StatusOK)
		v.expectRecords(2)
	})
}

func TestTogetherDoneFollowsAPromotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := assembleVilla(t, coatcheck.Options{})
		b := v.browser().begin()
		b.twin().visit(func(late *coatcheck.Session) {
			<-time.After(time.Second)
			done := late.Done()
			b.visit(func(s *coatcheck.Session) {
				mine := s.Done()
				expectNil(t, s.Login(t.Context(), "ada"))
				synctest.Wait()
				select {
				case <-mine:
					t.Errorf("its own login ended it: %v", s.Ended())
				default:
				}
			})
			<-done
			if !errors.Is(late.Ended(), coatcheck.ErrRenewed) {
				t.Errorf("it ended with %v, want ErrRenewed", late.Ended())
			}
		})
		b.visit(func(s *coatcheck.Session) {
			done := s.Done()
			_, err := v.m.DestroyOwner(t.Context(), "ada")
			expectNil(t, err)
			<-done
		})
	})
}

func TestTogetherAPromotedSessionRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := assembleVilla(t, coatcheck.Options{RotateEvery: time.Hour, IdleTimeout: 5 * time.Hour, AnonymousIdleTimeout: 2 * time.Hour})
		b := v.browser().begin()
		time.Sleep(61 * time.Minute)
		b.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") })
		if b.isStored() {
			t.Error("a sealed session went into the store by itself")
		}
		b.visit(func(s *coatcheck.Session) { expectNil(t, s.Login(t.Context(), "ada")) })
		time.Sleep(61 * time.Minute)
		old := b.twin()
		b.visit(func(*coatcheck.Session) {})
		if b.value() == old.value() {
			t.Error("the session was not rotated")
		}
		for _, each := range []*browser{old, b} {
			each.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") })
		}
	})
}
