package sealed_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// setCookie returns the lines of a response that set something, by name.
func setCookie(res *http.Response) map[string]string {
	lines := map[string]string{}
	for _, line := range res.Header["Set-Cookie"] {
		name, _, _ := strings.Cut(line, "=")
		lines[name] = line
	}
	return lines
}

// fill sets a motto of n bytes, and returns what the browser is told.
func (b *browser) fill(n int) *http.Response {
	b.t.Helper()
	return b.visit(func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("m", n)) })
}

// length returns the length of the motto that the browser's cookie holds.
func (b *browser) length() (n int) {
	b.visit(func(s *coatcheck.Session) { n = len(motto.Get(s)) })
	return n
}

// greatest returns the length of the longest motto that a site takes, by
// trying.
func greatest(t *testing.T, site *site, below int) int {
	t.Helper()
	low, high := 1, below
	for low < high-1 {
		n := (low + high) / 2
		if site.browser().fill(n).StatusCode == http.StatusOK {
			low = n
		} else {
			high = n
		}
	}
	return low
}

// The limit holds to the byte, attributes included: one more is an error, and
// the browser keeps the cookie that it had.
func TestSizeToTheByte(t *testing.T) {
	for name, options := range map[string]coatcheck.Options{
		"default":    {},
		"attributes": {Cookie: coatcheck.CookieOptions{Path: "/" + strings.Repeat("p", 500), Domain: "example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			options.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
				expectError(t, err, coatcheck.ErrTooLarge)
				if !strings.Contains(err.Error(), "Options.Cookie.Chunks") {
					t.Errorf("the error does not say what to do: %v", err)
				}
				coatcheck.DefaultErrorHandler(w, r, err)
			}
			site := assemble(t, setup{options: options})
			n := greatest(t, site, 4096)
			b := site.browser()
			res := b.fill(n)
			expectStatus(t, res, http.StatusOK)
			// One byte of data more makes the token one or two characters longer.
			if line := res.Header["Set-Cookie"][0]; len(line) > 4096 || len(line) < 4095 {
				t.Errorf("the longest line has %d bytes, want 4095 or 4096", len(line))
			}
			expectEqual(t, "length", b.length(), n)
			res = b.fill(n + 1)
			expectStatus(t, res, http.StatusInternalServerError)
			expectNoCookie(t, res)
			expectEqual(t, "length afterwards", b.length(), n)
		})
	}
}

// A session that does not fit is refused by Login and Renew before anything
// has happened: the old token goes on working.
func TestSizeOfARenewal(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().login("ada")
	for name, do := range map[string]func(s *coatcheck.Session) error{
		"login": func(s *coatcheck.Session) error { return s.Login(context.Background(), "ada") },
		"renew": func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
	} {
		res := b.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			motto.Set(s, strings.Repeat("m", 5000))
			expectError(t, do(s), coatcheck.ErrTooLarge)
			s.Clear()
			motto.Set(s, "carpe diem")
		})
		expectStatus(t, res, http.StatusOK)
		if t.Failed() {
			t.Fatal(name)
		}
		b.expectLive("ada")
	}
}

// Compression lets more in, and each side reads what the other wrote.
func TestSizeCompressed(t *testing.T) {
	plain := open(t, setup{})
	packed := open(t, setup{seal: sealed.Options{Revoker: plain.revoker, Compress: true}, options: coatcheck.Options{MaxBytes: 16 << 20}})
	b := packed.browser()
	expectStatus(t, b.fill(20_000), http.StatusOK)
	expectEqual(t, "length", b.length(), 20_000)
	expectEqual(t, "length", b.at(plain).length(), 20_000)
	b.at(plain).fill(1000)
	expectEqual(t, "length", b.at(packed).length(), 1000)
	if n := len(b.value()); n < 1000 {
		t.Errorf("without compression a motto of 1000 bytes takes %d characters", n)
	}
	res := packed.browser().visit(func(s *coatcheck.Session) {
		for i := range 20 {
			coatcheck.NewKey[string](fmt.Sprint("motto ", i)).Set(s, strings.Repeat("m", 60_000))
		}
	})
	expectStatus(t, res, http.StatusInternalServerError)
	expectNoCookie(t, res)
	// What cannot be compressed takes no byte more than without.
	b = packed.browser()
	b.visit(func(s *coatcheck.Session) { motto.Set(s, sealed.NewKey().Reveal()) })
	c := plain.browser()
	c.visit(func(s *coatcheck.Session) { motto.Set(s, sealed.NewKey().Reveal()) })
	if len(b.value()) > len(c.value()) {
		t.Errorf("compressed it takes %d characters, else %d", len(b.value()), len(c.value()))
	}
}
