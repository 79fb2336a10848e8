package demo_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// newStore returns a store in memory whose calls can be watched and failed.
func newStore(t *testing.T) *coatchecktest.Store {
	t.Helper()
	store := memstore.New(nil)
	t.Cleanup(func() { store.Close() })
	return coatchecktest.NewStore(store)
}

// newSite returns a site on a store.
func newSite(t *testing.T, store coatcheck.Store, o demo.Options) *demo.Site {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	site, err := demo.New(store, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return site
}

// start serves a new site on a loopback port and returns its URL.
func start(t *testing.T) string {
	t.Helper()
	return serve(t, newSite(t, newStore(t), demo.Options{InsecureCookie: true}))
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// A browser is a client with a cookie jar that asks for pages. It does not
// follow redirects by itself.
type browser struct {
	t     *testing.T
	base  string
	agent string
	c     *http.Client
}

const linuxFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: base, agent: linuxFirefox, c: &http.Client{Jar: jar}}
	b.c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(b.c.CloseIdleConnections)
	return b
}

// An answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

// do sends a request as a browser would that was on a page of the site.
func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	}
	if _, said := r.Header["Sec-Fetch-Site"]; !said {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("User-Agent", b.agent)
	res, err := b.c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return read(b.t, res)
}

func read(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body)}
}

// get asks for a page.
func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(request(b.t, "GET", b.base+path, nil))
}

// page is get of a page that must be there.
func (b *browser) page(path string) string {
	b.t.Helper()
	a := b.get(path)
	if a.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s: %s", path, a.Status, a.body)
	}
	return a.body
}

// post sends a form.
func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := request(b.t, "POST", b.base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// submit sends a form that must be accepted, and returns the page that the
// browser is sent to.
func (b *browser) submit(path string, fields ...string) string {
	b.t.Helper()
	a := b.post(path, fields...)
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %s, want a redirect: %s", path, a.Status, a.body)
	}
	return b.page(a.Header.Get("Location"))
}

// ticket returns the browser's cookie, "" if it has none.
func (b *browser) ticket() string {
	b.t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.c.Jar.Cookies(u) {
		if c.Name == "id" {
			return c.Value
		}
	}
	return ""
}

// request makes a request that ends with the test.
func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// show sends a ticket to a route and returns the answer.
func show(t *testing.T, base, path, ticket string) answer {
	t.Helper()
	r := request(t, "GET", base+path, nil)
	r.Header.Set("Cookie", "id="+ticket)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// want looks for texts on a page.
func want(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
}

// without makes sure that texts are not on a page.
func without(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("the page has %q:\n%s", text, page)
		}
	}
}

// match returns what the group of a pattern matched on a page.
func match(t *testing.T, page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page does not match %s:\n%s", pattern, page)
	}
	return m[1]
}

func TestNew(t *testing.T) {
	if _, err := demo.New(nil, nil); err == nil {
		t.Error("New took a nil store")
	}
	site := newSite(t, newStore(t), demo.Options{})
	if err := site.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
