package itest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// promises are what every store must let a manager keep, in the words of the
// package's documentation. Each test opens a shop of its own.
var promises = []struct {
	name string
	kept func(s *shop)
}{
	{"1 no acknowledged change is lost", keepsChanges},
	{"2 a destroyed or renewed session never comes back", staysDead},
	{"3 no request waits for another's handler", waitsForNobody},
	{"4 no expired session is served", expires},
	{"5 only our IDs live", adoptsNothing},
	{"6 nobody gets another's session", mixesNothingUp},
	{"7 read your writes before the first byte", readsItsWrites},
	{"8 corrupt data is reported and costs one session", reportsDamage},
	{"9 bounded before and after the first write", staysBounded},
	{"10 a store that is down is an error", failsClosed},
}

// TestPromises: every store keeps every promise, over real HTTP, from two
// managers as if in two processes behind one load balancer.
func TestPromises(t *testing.T) {
	eachTarget(t, func(t *testing.T, target target) {
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) {
				second := shopTimeout
				if strings.HasPrefix(p.name, "10") {
					second = shopHurry
				}
				p.kept(openShop(t, target, shopTimeout, second))
			})
		}
	})
}

// keepsChanges: 32 visitors count in one session at the same time, and 200 more
// set a key each. What the site said was done is there.
func keepsChanges(s *shop) {
	const visitors, each, keys = 32, 8, 200
	g := s.guest()
	g.wants("/add", "1")
	var wg sync.WaitGroup
	for i := range visitors {
		wg.Go(func() {
			for n := range each {
				g.at(0).mustGet("/add").wantsStatus(http.StatusOK)
				if i%8 == 0 && n%4 == 0 {
					g.at(1).repeat("/set?key=other&value=process") // a conflict between managers
				}
			}
		})
	}
	wg.Wait()
	g.wants("/read", fmt.Sprint(1+visitors*each))
	for i := range keys {
		wg.Go(func() { g.at(i % 2).repeat(fmt.Sprintf("/set?key=key%d&value=%d", i, i)) })
	}
	wg.Wait()
	g.at(1).wants("/read", fmt.Sprint(1+visitors*each))
	for i := range keys {
		g.at(i%2).wants(fmt.Sprintf("/get?key=key%d", i), fmt.Sprint(i))
	}
}

// ends are the ways in which the session of a cookie ends.
var ends = []string{"/destroy", "/renew", "/login?owner=ann"}

// staysDead: a slow request that changes the session while another ends it is
// told so, sets no cookie, and revives nothing, whether the other went through
// the same manager or not.
func staysDead(s *shop) {
	for _, end := range ends {
		for other := range 2 {
			g := s.guest()
			g.wants("/add", "1")
			old := g.copy()
			slow := s.gate.hold(func() reply { return old.get("/slow?then=add") })
			g.at(other).mustGet(end).wantsStatus(http.StatusOK)
			late := slow.release()
			late.wantsStatus(http.StatusConflict)
			late.wantsNoCookie()
			for _, m := range []int{0, 1} {
				old.at(m).wants("/read", "nobody")
			}
			if end == "/destroy" {
				g.wants("/read", "nobody")
			} else {
				g.wants("/read", "1")
				g.at(other).wants("/add", "2")
			}
		}
	}
}

// waitsForNobody: while a handler holds the session, with a change that is yet
// to be saved, others read and change it, at either manager, and both changes
// stay.
func waitsForNobody(s *shop) {
	g := s.guest()
	g.wants("/add", "1")
	slow := s.gate.hold(func() reply { return g.copy().get("/slow?then=add") })
	g.wants("/read", "1")
	g.wants("/add", "2")
	g.at(1).wants("/add", "3")
	s.guest().wants("/add", "1")
	slow.release().wantsStatus(http.StatusOK)
	g.wants("/read", "4")
}

// expires: by the clock of the options a session is there until a millisecond
// before its end and not at its end, though nothing was swept and the store's
// own clock says something else; use moves the idle deadline and not the
// absolute one.
func expires(s *shop) {
	idle, absolute := s.guest(), s.guest()
	idle.wants("/add", "1")
	absolute.wants("/add", "1")
	born := s.clock.now()
	touched := s.guest()
	touched.wants("/add", "1")
	s.clock.set(born.Add(shopIdle - time.Millisecond))
	touched.at(1).wants("/read", "1")
	absolute.wants("/read", "1")
	s.clock.set(born.Add(shopIdle))
	for m := range 2 {
		idle.at(m).wants("/read", "nobody")
	}
	touched.wants("/read", "1") // by the touch of its read
	for at := shopIdle; at < shopAbsolute; at += shopIdle / 2 {
		s.clock.set(born.Add(at))
		absolute.wants("/read", "1")
	}
	s.clock.set(born.Add(shopAbsolute - time.Millisecond))
	absolute.at(1).wants("/read", "1")
	s.clock.set(born.Add(shopAbsolute))
	for m := range 2 {
		absolute.at(m).wants("/read", "nobody")
		absolute.copy().at(m).wants("/add", "1") // another session
	}
}

// adoptsNothing: a token that a client made up, or that has died, opens nothing
// and is never taken for a new session.
func adoptsNothing(s *shop) {
	dead := s.guest()
	dead.wants("/add", "1")
	dead.copy().mustGet("/destroy")
	renewed := s.guest()
	renewed.wants("/add", "1")
	renewed.copy().mustGet("/renew")
	fabricated := s.guest()
	fabricated.cookie.set("id=" + strings.Repeat("A", 43))
	for name, g := range map[string]*guest{"dead": dead, "renewed": renewed, "made up": fabricated} {
		token := g.cookie.get()
		before := s.records()
		g.copy().wants("/read", "nobody")
		s.wantsRecords(before)
		taken := g.copy()
		if taken.mustGet("/add"); name != "renewed" {
			taken.wants("/read", "1")
			if taken.cookie.get() == token {
				s.Errorf("a token that is %s was adopted", name)
			}
		}
		for m := range 2 {
			g.copy().at(m).wants("/read", "nobody")
		}
	}
}

// mixesNothingUp: of two records that a broken store has exchanged, in part or
// as a whole, neither is served.
func mixesNothingUp(s *shop) {
	for part, exchange := range map[string]func(mine, theirs coatcheck.Record) coatcheck.Record{
		"Data and Meta": func(mine, theirs coatcheck.Record) coatcheck.Record {
			mine.Data, mine.Meta = theirs.Data, theirs.Meta
			return mine
		},
		"Data": func(mine, theirs coatcheck.Record) coatcheck.Record { mine.Data = theirs.Data; return mine },
		"all but the version": func(mine, theirs coatcheck.Record) coatcheck.Record {
			theirs.ID, theirs.Version = mine.ID, mine.Version
			return theirs
		},
	} {
		ada, bob := s.guest(), s.guest()
		ada.mustGet("/set?key=name&value=ada")
		bob.mustGet("/set?key=name&value=bob")
		a, b := s.record(ada), s.record(bob)
		s.overwrite(a, exchange(*a, *b))
		s.overwrite(b, exchange(*b, *a))
		for m := range 2 {
			for _, g := range []*guest{ada, bob} {
				if got := g.copy().at(m).mustGet("/get?key=name").body; got != "nobody" {
					s.Errorf("%s exchanged: a visitor sees %q", part, got)
				}
			}
		}
		s.wantsEvents(coatcheck.EventRejected, 4)
	}
}

// readsItsWrites: when the first byte of a response is there, what the handler
// changed before is seen by the next request at any manager, though the handler
// is not done.
func readsItsWrites(s *shop) {
	g := s.guest()
	g.wants("/add", "1")
	for n := range 20 {
		slow := s.gate.hold(func() reply { return g.copy().get("/stream") })
		g.at(n%2).wants("/read", fmt.Sprint(n+2))
		slow.release().wantsStatus(http.StatusOK)
	}
}

// reportsDamage: a damaged record is an anonymous visitor and an event, and the
// session beside it is whole.
func reportsDamage(s *shop) {
	ways := map[string]func(rec *coatcheck.Record){
		"through the store": func(rec *coatcheck.Record) {
			bad := *rec
			bad.Data = []byte(strings.Replace(string(rec.Data), "1", "7", 1))
			s.overwrite(rec, bad)
		},
	}
	if damage := damages[s.bench.target.name]; damage != nil {
		ways["behind its back"] = func(rec *coatcheck.Record) {
			if err := damage(s.bench.dir, rec.ID); err != nil {
				s.Error(err)
			}
		}
	}
	for name, damage := range ways {
		hurt, whole := s.guest(), s.guest()
		hurt.wants("/add", "1")
		whole.wants("/add", "1")
		damage(s.record(hurt))
		for m := range 2 {
			hurt.copy().at(m).wants("/read", "nobody")
			whole.at(m).wants("/read", "1")
		}
		hurt.wants("/add", "1")
		whole.wants("/add", "2")
		if s.wantsEvents(coatcheck.EventRejected, 3); s.Failed() {
			s.Fatalf("damaged %s", name)
		}
	}
}

// staysBounded: visitors who only look leave nothing, and a change above a cap
// is refused whole.
func staysBounded(s *shop) {
	before := s.records()
	for n := range 100 {
		g := s.guest()
		g.wants("/read", "nobody")
		g.at(n % 2).mustGet("/get?key=name").wantsNoCookie()
		g.mustGet("/destroy")
		if g.cookie.get() != "" {
			s.Fatal("a visitor who only looked has a cookie")
		}
	}
	s.wantsRecords(before)
	g := s.guest()
	g.wants("/add", "1")
	g.mustGet("/set?key=big&value=" + strings.Repeat("x", shopBytes)).wantsStatus(http.StatusInternalServerError)
	for n := range shopKeys - 1 {
		g.mustGet(fmt.Sprintf("/set?key=key%d&value=1", n)).wantsStatus(http.StatusOK)
	}
	g.mustGet("/set?key=one-more&value=1").wantsStatus(http.StatusInternalServerError)
	g.wants("/get?key=big", "")
	g.wants("/get?key=one-more", "")
	g.wants("/read", "1")
}

// failsClosed: while the store refuses or hangs, nobody is served as a stranger,
// nobody gets a cookie, and nobody waits much longer than the timeout; when it
// is back, everything is as it was. The second server's timeout is short.
func failsClosed(s *shop) {
	g, tap := s.guest(), s.taps[1]
	g.wants("/add", "1")
	for _, fault := range []fault{refusing, hanging} {
		tap.set(fault)
		for _, path := range []string{"/read", "/add", "/set?key=a&value=b"} {
			g.copy().at(1).isRefused(path)
		}
		s.guest().at(1).isRefused("/add")
		tap.set(working)
		g.wants("/read", "1")
		g.at(1).repeat("/read")
		s.wantsSome(coatcheck.EventStoreError)
	}
	// A store that only writes no more: saving is refused.
	tap.set(readOnly)
	g.copy().at(1).isRefused("/add")
	tap.set(working)
	g.wants("/add", "2")
}

// isRefused sends a request that must be answered soon, with a 503 and without
// a cookie.
func (g *guest) isRefused(path string) {
	g.Helper()
	start := time.Now()
	got := g.get(path)
	got.wantsStatus(http.StatusServiceUnavailable)
	got.wantsNoCookie()
	if took := time.Since(start); took > shopPatience {
		g.Errorf("%s took %v while the store is down", path, took)
	}
}
