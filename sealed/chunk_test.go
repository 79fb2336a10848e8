package sealed_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// chunked opens a site whose sessions may take n cookies.
func chunked(t *testing.T, n int, with setup) *site {
	t.Helper()
	with.options.Cookie.Chunks = n
	return open(t, with)
}

// A session takes as many cookies as it needs, and when it shrinks the
// browser is told to drop the rest.
func TestChunksGrowAndShrink(t *testing.T) {
	site := chunked(t, 3, setup{})
	b := site.browser()
	for _, step := range []struct{ length, cookies int }{{10, 1}, {4000, 2}, {7000, 3}, {4000, 2}, {7000, 3}, {10, 1}, {7000, 3}} {
		expectStatus(t, b.fill(step.length), http.StatusOK)
		expectEqual(t, "cookies", len(b.jar), step.cookies)
		expectEqual(t, "length", b.length(), step.length)
	}
	res := b.fill(20_000)
	expectStatus(t, res, http.StatusInternalServerError)
	expectNoCookie(t, res)
	expectEqual(t, "length afterwards", b.length(), 7000)
	// The attributes of a cookie that is dropped are those with which it was set.
	res = b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
	expectEqual(t, "cookies", len(b.jar), 0)
	for name, line := range setCookie(res) {
		if !strings.Contains(line, "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0") {
			t.Errorf("%s is dropped by %q", name, line)
		}
	}
}

// Several saves in one response leave the last one's cookies only.
func TestChunksOfSeveralSaves(t *testing.T) {
	site := chunked(t, 3, setup{})
	b := site.browser()
	b.fill(7000)
	save := func(s *coatcheck.Session, n int) {
		motto.Set(s, strings.Repeat("m", n))
		expectNil(t, s.Save(context.Background()))
	}
	res := b.visit(func(s *coatcheck.Session) {
		save(s, 10)
		save(s, 7001)
		save(s, 4000)
	})
	expectEqual(t, "Set-Cookie lines", len(res.Header["Set-Cookie"]), 3)
	expectEqual(t, "cookies", len(b.jar), 2)
	expectEqual(t, "length", b.length(), 4000)
	res = b.visit(func(s *coatcheck.Session) {
		save(s, 7000)
		expectNil(t, s.Destroy(context.Background()))
	})
	expectEqual(t, "Set-Cookie lines", len(res.Header["Set-Cookie"]), 2)
	expectEqual(t, "cookies", len(b.jar), 0)
}

// The boundary of two cookies holds to the byte, too.
func TestChunksToTheByte(t *testing.T) {
	site := assemble(t, setup{options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 2}}})
	n := greatest(t, site, 9000)
	b := site.browser()
	res := b.fill(n)
	shortest := 4096
	for _, line := range res.Header["Set-Cookie"] {
		shortest = min(shortest, len(line))
	}
	if len(res.Header["Set-Cookie"]) != 2 || shortest < 4095 {
		t.Errorf("%d cookies, the shortest of %d bytes; want two full ones", len(res.Header["Set-Cookie"]), shortest)
	}
	expectEqual(t, "length", b.length(), n)
	expectStatus(t, b.fill(n+1), http.StatusInternalServerError)
	expectEqual(t, "length afterwards", b.length(), n)
}

// Chunks that are missing, exchanged, of two sessions, of two versions of one,
// doubled, or announced in absurd numbers open nothing.
func TestPromise5ChunkAttacks(t *testing.T) {
	site := chunked(t, 3, setup{})
	one, two := site.browser(), site.browser()
	one.fill(7000)
	two.fill(7000)
	first := one.twin()
	one.fill(7001)
	const second, third = cookieName + "~1", cookieName + "~2"
	for name, c := range map[string]struct {
		reason string
		change func(jar map[string]string)
	}{
		"missing second":       {"chunks", func(jar map[string]string) { delete(jar, second) }},
		"missing third":        {"chunks", func(jar map[string]string) { delete(jar, third) }},
		"empty":                {"chunks", func(jar map[string]string) { jar[second] = "" }},
		"exchanged":            {"forged", func(jar map[string]string) { jar[second], jar[third] = jar[third], jar[second] }},
		"same twice":           {"forged", func(jar map[string]string) { jar[third] = jar[second] }},
		"of two sessions":      {"forged", func(jar map[string]string) { jar[second] = two.jar[second] }},
		"head of another":      {"forged", func(jar map[string]string) { jar[cookieName] = two.jar[cookieName] }},
		"of two versions":      {"forged", func(jar map[string]string) { jar[third] = first.jar[third] }},
		"fewer":                {"forged", func(jar map[string]string) { jar[cookieName] = "2" + jar[cookieName][1:] }},
		"more":                 {"chunks", func(jar map[string]string) { jar[cookieName] = "4" + jar[cookieName][1:] }},
		"one":                  {"chunks", func(jar map[string]string) { jar[cookieName] = "1" + jar[cookieName][1:] }},
		"none":                 {"chunks", func(jar map[string]string) { jar[cookieName] = "0" + jar[cookieName][1:] }},
		"no number":            {"forged", func(jar map[string]string) { jar[cookieName] = jar[cookieName][2:] }},
		"a number only":        {"forged", func(jar map[string]string) { jar[cookieName] = "3~" + jar[cookieName][3:] }},
		"a billion":            {"form", func(jar map[string]string) { jar[cookieName] = "1000000000" + jar[cookieName][1:] }},
		"head without the end": {"forged", func(jar map[string]string) { jar[second] = jar[second][:100] }},
		"too long":             {"length", func(jar map[string]string) { jar[second] = strings.Repeat("A", 4097) }},
		"a mark inside":        {"form", func(jar map[string]string) { jar[second] = "3~" + jar[second] }},
	} {
		t.Run(name, func(t *testing.T) {
			b := one.twin()
			c.change(b.jar)
			site.events.take()
			b.expectDead("a session of wrong chunks")
			// Where a forged one breaks is a matter of lengths, and of chance.
			reason := site.events.take()
			forged := slices.Contains([]string{"forged", "form", "format", "key"}, reason)
			if reason != c.reason && (c.reason != "forged" || !forged) {
				t.Errorf("reason %q, want %q", reason, c.reason)
			}
		})
	}
	expectEqual(t, "length", one.length(), 7001)
	// More than needed do no harm, and go with the next change.
	one.fill(10)
	one.jar[second], one.jar[cookieName+"~7"] = two.jar[second], "x"
	expectEqual(t, "length", one.length(), 10)
	one.fill(11)
	expectEqual(t, "cookies", len(one.jar), 1)
	// Names beyond those are nobody's.
	one.jar[cookieName+"~8"], one.jar[cookieName+"~0"], one.jar[cookieName+"~11"] = "x", "x", "x"
	one.fill(12)
	expectEqual(t, "cookies", len(one.jar), 4)
}

// Chunks without their head are nobody's, and two of one number that differ
// are refused.
func TestPromise5StrayChunks(t *testing.T) {
	site := chunked(t, 2, setup{})
	b := site.browser()
	b.fill(4000)
	twice := b.twin()
	twice.jar[cookieName+"~1"] += "; " + cookieName + "~1=x"
	site.events.take()
	twice.expectDead("a session with a chunk twice")
	expectEqual(t, "reason", site.events.take(), "ambiguous")
	stray := b.twin()
	delete(stray.jar, cookieName)
	stray.expectDead("a chunk alone")
	expectEqual(t, "reason", site.events.take(), "")
}

// A site that stops allowing chunks refuses them, and clears them away.
func TestChunksNoLongerAllowed(t *testing.T) {
	many := chunked(t, 2, setup{})
	one := open(t, setup{seal: revoked(many)})
	b := many.browser()
	b.fill(4000)
	b.at(one).expectDead("a session of two cookies")
	expectEqual(t, "reason", one.events.take(), "chunks")
	b.at(one).fill(10)
	expectEqual(t, "cookies", len(b.jar), 1)
}

// A session of several cookies is touched, resealed, logged in and remembered
// as any other is.
func TestChunksThroughALife(t *testing.T) {
	clock := newClock()
	site := chunked(t, 3, setup{options: coatcheck.Options{Now: clock.Now}})
	b := site.browser()
	b.fill(7000)
	clock.Advance(20 * time.Minute)
	res := b.visit(func(s *coatcheck.Session) { motto.Get(s) })
	expectEqual(t, "cookies that a touch sets", len(res.Header["Set-Cookie"]), 3)
	res = b.visit(func(s *coatcheck.Session) {
		s.SetPersistent(true)
		expectNil(t, s.Login(context.Background(), "ada"))
	})
	for _, line := range res.Header["Set-Cookie"] {
		if !strings.HasSuffix(line, "; Max-Age=43200") {
			t.Errorf("a chunk of a persistent session is set by …%q", line[len(line)-40:])
		}
	}
	expectEqual(t, "length", b.length(), 7000)
}

// Chunks are for sealed sessions, and few.
func TestChunksOption(t *testing.T) {
	_, err := coatcheck.New(newRevoker(t, nil), &coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 2}})
	expectError(t, err, coatcheck.ErrInvalid)
	for _, n := range []int{-1, 9} {
		_, err := coatcheck.New(newRevoker(t, nil), &coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: n}})
		expectError(t, err, coatcheck.ErrInvalid)
	}
	m, err := coatcheck.New(newRevoker(t, nil), &coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 1}})
	expectNil(t, err)
	expectNil(t, m.Close())
}
