package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// Keys are package-level variables: a name and a type.
var pageViews = coatcheck.NewKey[int]("views")

func hello(w http.ResponseWriter, r *http.Request) {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		coatcheck.Error(w, r, err)
		return
	}
	pageViews.Update(s, func(n int) int { return n + 1 })
	fmt.Fprintf(w, "You have seen this page %d times.\n", pageViews.Get(s))
}

// A page-view counter, the smallest useful program: no view is ever lost,
// however many tabs load the page at once.
func Example_hello() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	site := m.Handler(http.HandlerFunc(hello)) // http.ListenAndServe(":8080", site)

	browser := newBrowser(site)
	fmt.Print(browser.get("/"))
	fmt.Print(browser.get("/"))
	fmt.Print(newBrowser(site).get("/"))
	// Output:
	// You have seen this page 1 times.
	// You have seen this page 2 times.
	// You have seen this page 1 times.
}

// A browser keeps cookies from one request of an example to the next.
type browser struct {
	site    http.Handler
	cookies map[string]*http.Cookie
}

func newBrowser(site http.Handler) *browser {
	return &browser{site, make(map[string]*http.Cookie)}
}

func (b *browser) get(path string) string { return b.do(httptest.NewRequest("GET", path, nil)) }

func (b *browser) do(r *http.Request) string {
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w.Body.String()
}
