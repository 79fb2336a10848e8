package coatcheck_test

import (
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coathtml"
	"github.com/coatcheck/coatcheck/memstore"
)

// An API for apps: the token comes in a header of the response, and goes in
// one of each request.
func ExampleHeaderCarrier() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{Carrier: coatcheck.HeaderCarrier("Authorization")})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	api := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil && r.Method == "POST" {
			err = s.Login(r.Context(), "user-42")
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintf(w, "you are %q\n", s.Owner())
	}))

	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	token := w.Header().Get("Session-Token") // the app keeps it

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w = httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output: you are "user-42"
}

var formGuests = coatcheck.NewKey[[]string]("guests")

// A guest list for browsers without cookies. Each page is the answer to a form,
// and hands the session on to its own.
func ExampleInsecureFormCarrier() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{Carrier: coatcheck.InsecureFormCarrier("session")})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	page := template.Must(template.New("page").Funcs(coathtml.Funcs()).Parse(
		`Guests: {{range .Guests}}{{.}} {{end}}
<form method="post" action="/">{{sessionField .Session}}<input name="guest"><button>Add</button></form>`))

	site := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		if guest := r.PostFormValue("guest"); guest != "" {
			formGuests.Update(s, func(all []string) []string { return append(all, guest) })
		}
		// The field saves a new session before it shows the token. Written
		// into a buffer first, a page that fails is never half sent.
		var b strings.Builder
		err = page.Execute(&b, map[string]any{"Session": s, "Guests": formGuests.Get(s)})
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		io.WriteString(w, b.String())
	}))

	token := ""
	for _, guest := range []string{"", "Ada", "Grace"} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(url.Values{"guest": {guest}, "session": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		token = regexp.MustCompile(`name="session" value="(.*?)"`).FindStringSubmatch(w.Body.String())[1]
		list, _, _ := strings.Cut(w.Body.String(), "\n")
		fmt.Println(strings.TrimSpace(list), "| token:", len(token), "characters")
	}
	// Output:
	// Guests: | token: 0 characters
	// Guests: Ada | token: 43 characters
	// Guests: Ada Grace | token: 43 characters
}

// A log of a site whose URLs have tokens must not show them.
func ExampleManager_RedactURL() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{Carrier: coatcheck.InsecureURLCarrier("session")})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	fmt.Println(m.RedactURL("/cart?full=yes&session=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"))
	// Output: /cart?full=yes&session=redacted
}

// Browsers have the cookie, apps the header; a request that has both, and they
// differ, is nobody's.
func ExampleFirstOf() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{
		Carrier: coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session")),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	login := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			err = s.Login(r.Context(), "user-42")
		}
		if err != nil {
			coatcheck.Error(w, r, err)
		}
	}))

	browser := httptest.NewRequest("POST", "/login", nil)
	app := httptest.NewRequest("POST", "/login", nil)
	app.Header.Set("X-Session", "") // asks for the header
	for _, r := range []*http.Request{browser, app} {
		w := httptest.NewRecorder()
		login.ServeHTTP(w, r)
		fmt.Println("cookie:", len(w.Result().Cookies()), "header:", len(w.Result().Header["X-Session"]))
	}
	// Output:
	// cookie: 1 header: 0
	// cookie: 0 header: 1
}
