package coatcheck_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// The tests named by a number are those of docs/THREATS.md: TestRequirement of
// its requirements, TestCase of its abuse cases.

// Of 10,000 tokens none comes twice, all have one form, and each of their 256
// bits is set as often as not.
func TestRequirement01TokensAreRandom(t *testing.T) {
	const n = 10_000
	m := manage(t, shelf(t, nil), nil)
	seen := make(map[coatcheck.Token]bool, n)
	var set [256]int
	for range n {
		s, err := m.Open(t.Context(), "")
		expectNil(t, err)
		tally.Set(s, 1)
		expectNil(t, s.Save(t.Context()))
		raw, err := base64.RawURLEncoding.Strict().DecodeString(string(s.Token()))
		if err != nil || len(raw) != 32 || len(s.Token()) != 43 {
			t.Fatalf("a token has %d characters that stand for %d bytes, or %v", len(s.Token()), len(raw), err)
		}
		for bit := range set {
			set[bit] += int(raw[bit/8] >> (bit % 8) & 1)
		}
		seen[s.Token()] = true
	}
	expectEqual(t, "different tokens", len(seen), n)
	for bit, often := range set {
		if often < n/2-500 || often > n/2+500 { // ten standard deviations
			t.Errorf("bit %d is set in %d of %d tokens", bit, often, n)
		}
	}
}

// What has not the form of a token reaches no store: neither by its length,
// nor by its characters, nor by the two bits that no token uses.
func TestRequirement02FormBeforeTheStore(t *testing.T) {
	store := coatchecktest.NewStore(shelf(t, nil))
	m := manage(t, store, nil)
	good := unknownToken(0)
	var bad []string
	for n := range 100 {
		if n != len(good) {
			bad = append(bad, strings.Repeat("A", n))
		}
	}
	for b := range 256 {
		if c := byte(b); strings.IndexByte("-_", c) < 0 && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			bad = append(bad, good[:b%42]+string([]byte{c})+good[b%42+1:])
		}
	}
	for _, loose := range "BCDFGHJKLNOPRSTVWXZabdefhijlmnpqrtuvxyz123567-_" {
		bad = append(bad, good[:42]+string(loose))
	}
	bad = append(bad, "../../etc/passwd", strings.Repeat("A", 1<<20))
	for _, value := range bad {
		if _, err := coatcheck.ParseToken(value); err == nil || value != "" && strings.Contains(err.Error(), `"`+value) {
			t.Errorf("ParseToken(%.50q): %v", value, err)
		}
		if value == "" {
			continue // Open begins a session by it
		}
		s, err := m.Open(t.Context(), coatcheck.Token(value))
		if err != nil || !s.IsNew() {
			t.Errorf("Open(%.50q): %v", value, err)
		}
		(&visitor{t, m, "__Host-id=" + value}).visit(func(s *coatcheck.Session) { expectEqual(t, "new", s.IsNew(), true) })
	}
	expectEqual(t, "calls to the store", store.Calls(), 0)
	if _, err := coatcheck.ParseToken(good); err != nil {
		t.Error(err)
	}
}

// threatSite is a real server at whose paths a session is written to, read,
// logged in and ended.
func threatSite(t *testing.T, setup ...func(*tcpSite)) *tcpSite {
	return tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		switch r.URL.Path {
		case "/write":
			tcpNote.Set(s, "written")
		case "/login":
			err = s.Login(r.Context(), "ada")
		case "/logout":
			w.Header().Set("Clear-Site-Data", `"cookies"`)
			err = s.Destroy(r.Context())
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		_, _ = io.WriteString(w, s.Owner()+" "+tcpNote.Get(s)+" "+strconv.FormatBool(s.IsNew()))
	}, setup...)
}

// holds gives the browser a token.
func (site *tcpSite) holds(token coatcheck.Token) {
	site.browser.Jar.SetCookies(site.url("/"), []*http.Cookie{{Name: site.cookieName(), Value: string(token), Path: "/", Secure: site.http2}})
}

// A token that is not live is never taken for one's own: not one that was made
// up, and not the site's own when its session has ended.
func TestRequirement03OnlyLiveTokensAreAdopted(t *testing.T) {
	site := threatSite(t)
	site.get("/login")
	ended := site.token()
	site.get("/logout")
	for _, token := range []coatcheck.Token{coatcheck.Token(unknownToken(1)), ended} {
		site.holds(token)
		expectEqual(t, "page", site.get("/").body, "  true")
		if site.get("/write"); site.token() == token || site.token() == "" {
			t.Error("a write went to a token that the client chose")
		}
		expectEqual(t, "page of the new session", site.get("/").body, " written false")
		site.holds(token)
		expectEqual(t, "page of the old token", site.get("/").body, "  true")
		if site.get("/login"); site.token() == token || site.token() == "" {
			t.Error("a login went to a token that the client chose")
		}
	}
}

// Login gives another token, and the old one is dead at once. Nothing else
// makes anybody the owner.
func TestRequirement04LoginRenewsTheToken(t *testing.T) {
	site := threatSite(t)
	site.get("/write")
	early := site.token()
	expectEqual(t, "page of the login", site.get("/login").body, "ada written false")
	renewed := site.token()
	expectEqual(t, "renewed", renewed != early && renewed != "", true)
	site.holds(early)
	expectEqual(t, "page of the token from before", site.get("/").body, "  true")
	expectEqual(t, "a write with it", site.get("/write").StatusCode, http.StatusConflict)
	site.holds(renewed)
	expectEqual(t, "page of the new token", site.get("/").body, "ada written false")

	s := site.kept()
	expectNil(t, s.Renew(t.Context()))
	other, err := site.Open(t.Context(), "")
	expectNil(t, err)
	coatcheck.NewKey[string]("owner").Set(other, "ada")
	coatcheck.NewKey[string]("Owner").Set(other, "ada")
	other.SetPersistent(true)
	expectNil(t, other.Save(t.Context()))
	expectNil(t, other.Renew(t.Context()))
	expectEqual(t, "owner of who never logged in", other.Owner(), "")
	expectEqual(t, "owner after a renewal", s.Owner(), "ada")
}

// A logout ends the session in the store, removes the cookie by the attributes
// with which it was set, lets the handler's own Clear-Site-Data pass, and does
// not pass for done when the store fails.
func TestRequirement06Logout(t *testing.T) {
	site := threatSite(t, func(site *tcpSite) {
		site.http2 = true
		site.options.Cookie = coatcheck.CookieOptions{SameSite: http.SameSiteStrictMode}
	})
	_, _, set := setCookie(t, site.get("/login").Response)
	token := site.token()
	site.breaks(coatchecktest.OpReplace, coatchecktest.OpDelete)
	failed := site.get("/logout")
	expectEqual(t, "status of a logout that failed", failed.StatusCode, http.StatusServiceUnavailable)
	expectNoCookie(t, failed.Response)
	site.heals()
	expectEqual(t, "page behind it", site.get("/").body, "ada  false")

	done := site.get("/logout")
	_, value, cleared := setCookie(t, done.Response)
	expectEqual(t, "value", value, "")
	expectEqual(t, "attributes", strings.Join(lessMaxAge(cleared), "; "), strings.Join(lessMaxAge(set), "; "))
	expectEqual(t, "Clear-Site-Data", done.Header.Get("Clear-Site-Data"), `"cookies"`)
	expectEqual(t, "token that the browser keeps", string(site.token()), "")
	site.holds(token)
	expectEqual(t, "page of the replayed token", site.get("/").body, "  true")
	_, err := site.store.Load(t.Context(), site.ID(token))
	expectError(t, err, coatcheck.ErrNotFound)
}
