package config_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

// parse reads a text that has nothing wrong.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("app.json", []byte(text), nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

// TestExamples: the example files are read.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/valid/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if _, err := config.Read(file, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryOption: every field sets its option.
func TestEveryOption(t *testing.T) {
	c, err := config.Read("testdata/valid/everything.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := coatcheck.Options{
		Name:                     "shop",
		IdleTimeout:              90 * time.Minute,
		AbsoluteTimeout:          coatcheck.NoTimeout,
		AnonymousIdleTimeout:     90 * time.Second,
		AnonymousAbsoluteTimeout: 90 * time.Minute,
		RotateEvery:              time.Hour,
		EndReused:                true,
		StoreTimeout:             500 * time.Millisecond,
		SweepInterval:            coatcheck.NoSweep,
		PollInterval:             time.Second,
		MaxBytes:                 128 << 10,
		MaxKeys:                  64,
		PromoteBytes:             2048,
		PersistentIdleTimeout:    336 * time.Hour, PersistentAbsoluteTimeout: 720 * time.Hour, FirstTimeout: 45 * time.Second,
		MaxSessionsPerOwner: 5, Flood: coatcheck.FloodOptions{PerClient: 60, Total: 5000, Window: 30 * time.Second},
		Carrier: coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("Authorization")),
		Cookie: coatcheck.CookieOptions{
			Name: "__Secure-shop", Domain: "example.com", Path: "/shop",
			SameSite: http.SameSiteNoneMode, Partitioned: true, Chunks: 2,
		},
	}
	if !reflect.DeepEqual(c.Options, want) {
		t.Errorf("%+v\nwant\n%+v", c.Options, want)
	}
	for text, want := range map[string]coatcheck.Options{
		`{"store": "mem:"}`:                                                {},
		`{"store": "mem:", "insecure_cookie": true}`:                       {InsecureCookie: true},
		`{"store": "mem:", "max_bytes": 1e3}`:                              {MaxBytes: 1000},
		`{"store": "mem:", "max_bytes": "7B"}`:                             {MaxBytes: 7},
		`{"store": "mem:", "max_bytes": "16MiB"}`:                          {MaxBytes: 16 << 20},
		`{"store": "mem:", "idle_timeout": "off"}`:                         {IdleTimeout: coatcheck.NoTimeout},
		`{"store": "mem:", "idle_timeout": "1m0.5s"}`:                      {IdleTimeout: 60500 * time.Millisecond},
		`{"store": "mem:", "anonymous_keys": "k", "promote_bytes": "off"}`: {PromoteBytes: coatcheck.NoPromotion},
		`{"store": "mem:", "anonymous_keys": "k", "promote_bytes": 100}`:   {PromoteBytes: 100},
		`{"store": "mem:", "cookie": {}}`:                                  {},
		`{"store": "mem:", "cookie": {"same_site": "strict"}}`:             {Cookie: coatcheck.CookieOptions{SameSite: http.SameSiteStrictMode}},
		`{"store": "mem:", "cookie": {"same_site": "lax"}}`:                {Cookie: coatcheck.CookieOptions{SameSite: http.SameSiteLaxMode}},
		`{"store": "mem:", "carrier": "cookie"}`:                           {Carrier: coatcheck.CookieCarrier()},
		`{"store": "mem:", "carrier": "header:X-S"}`:                       {Carrier: coatcheck.HeaderCarrier("X-S")},
		`{"store": "mem:", "carrier": "insecure-form:s", "form_max_bytes": "256KiB", "form_multipart": true}`: {
			Carrier: coatcheck.InsecureFormCarrier("s"), Form: coatcheck.FormOptions{MaxBytes: 256 << 10, Multipart: true}},
		`{"store": "mem:", "carrier": "insecure-form:s"}`: {Carrier: coatcheck.InsecureFormCarrier("s")},
		`{"store": "mem:", "carrier": "insecure-url:s"}`:  {Carrier: coatcheck.InsecureURLCarrier("s")},
		`{"store": "mem:", "carrier": ["cookie"]}`:        {Carrier: coatcheck.FirstOf(coatcheck.CookieCarrier())},
	} {
		if got := parse(t, text).Options; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// TestEveryOptionHasAField: what can be said in JSON of Options has a field, and
// each field is called as its option.
func TestEveryOptionHasAField(t *testing.T) {
	options := map[string]bool{}
	collect(reflect.TypeOf(coatcheck.Options{}), "", options)
	for name, option := range config.Fields() {
		if !options[option] {
			t.Errorf("field %s is for Options.%s, which is none that JSON can say", name, option)
		}
		delete(options, option)
		if got := strings.NewReplacer("_", "", ".", "").Replace(name); !strings.EqualFold(got, strings.ReplaceAll(option, ".", "")) {
			t.Errorf("field %s is for Options.%s", name, option)
		}
	}
	for option := range options {
		t.Errorf("no field is for Options.%s", option)
	}
}

// collect notes the options that are no functions and the like.
func collect(o reflect.Type, outer string, names map[string]bool) {
	for _, f := range reflect.VisibleFields(o) {
		switch f.Type.Kind() {
		case reflect.Interface:
			if f.Type == reflect.TypeFor[coatcheck.Carrier]() {
				names[outer+f.Name] = true
			}
		case reflect.Func, reflect.Pointer:
		case reflect.Struct:
			collect(f.Type, outer+f.Name+".", names)
		default:
			names[outer+f.Name] = true
		}
	}
}

// TestOpen: what a file says is what the manager and the store do.
func TestOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	c := parse(t, `{"store": {"url": "hash:sessions.ht"}, "cookie": {"name": "app"}, "idle_timeout": "5m"}`)
	s, err := c.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := s.Manager.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		coatcheck.NewKey[int]("views").Set(session, 1)
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "https://example.com/", nil))
	if cookie := w.Header().Get("Set-Cookie"); !strings.HasPrefix(cookie, "app=") {
		t.Errorf("the cookie is %q", cookie)
	}
	lister, ok := s.Store.(coatcheck.Lister)
	if !ok {
		t.Fatalf("the store is a %T", s.Store)
	}
	var recs []*coatcheck.Record
	for cursor, more := "", true; more; more = cursor != "" {
		var page []*coatcheck.Record
		page, cursor, err = lister.List(t.Context(), cursor, 10)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, page...)
	}
	if len(recs) != 1 || recs[0].Expires.Sub(recs[0].Created).Truncate(time.Minute) != 5*time.Minute { // two readings of the clock
		t.Errorf("the store has %v", recs)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Store.Load(t.Context(), coatcheck.ID{}); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("the store is open: %v", err)
	}
	if _, err := s.Manager.Open(t.Context(), ""); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("the manager is open: %v", err)
	}
}

// TestOpenErrors: what cannot be opened is said with its place, as what it is;
// what the program has added is checked, too.
func TestOpenErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]struct {
		text string
		is   error
	}{
		"{\n\t\"store\": \"hash:no/such.ht\"}":                          {"config: app.json:2:11: store: hashstore: open no/such.ht: ", fs.ErrNotExist},
		`{"store": {"url": "hash:a", "max_bytes": 5}}`:                  {"config: app.json:1:42: store.max_bytes: hashstore: ", coatcheck.ErrInvalid},
		`{"store": "ring:absent.json"}`:                                 {"config: app.json:1:11: store: storeurl: open absent.json: ", fs.ErrNotExist},
		`{"store": {"members": [{"name": "a", "store": "hash:no/x"}]}}`: {`config: app.json:1:11: store: storeurl: members[0]: member "a": hashstore: open no/x`, fs.ErrNotExist},
	} {
		s, err := parse(t, text).Open(t.Context())
		if s != nil || err == nil || !strings.HasPrefix(err.Error(), want.text) || !errors.Is(err, want.is) {
			t.Errorf("%s: %v", text, err)
		}
	}
	c := parse(t, `{"store": "hash:never.ht"}`)
	c.Options.IdleTimeout = -7
	if _, err := c.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "config: app.json:1:1: idle_timeout: it is -7ns; it must be at least 1ms") {
		t.Errorf("a wrong option of the program's: %v", err)
	}
	if _, err := os.Stat("never.ht"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the store was opened: %v", err)
	}
}

// TestMuxOfTheCaller: stores of other schemes come from the program.
func TestMuxOfTheCaller(t *testing.T) {
	mux, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{far(t)}})
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(`{"store": {"url": "far://ada@host/x", "n": 3, "password_env": "COATCHECK_TEST_NO_SUCH_VALUE"}}`)
	if _, err := config.Parse("app.json", text, nil); err == nil || !strings.Contains(err.Error(), `app.json:1:19: store.url: "far://xxxxx@host/x": there is no store "far"`) {
		t.Errorf("without the scheme: %v", err)
	}
	c, err := config.Parse("app.json", text, mux)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "app.json:1:63: store.password_env: the variable COATCHECK_TEST_NO_SUCH_VALUE is not set") {
		t.Errorf("without the password: %v", err)
	}
	t.Setenv("COATCHECK_TEST_NO_SUCH_VALUE", "s3cret")
	if _, err := c.Open(t.Context()); err == nil || err.Error() != "config: app.json:1:11: store: no way to far://ada:xxxxx@host/x" {
		t.Errorf("with all: %v", err)
	}
}

// TestReadErrors: a file that is not there is said as what it is.
func TestReadErrors(t *testing.T) {
	if _, err := config.Read("testdata/absent.json", nil); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "config: open testdata/absent.json: ") {
		t.Error(err)
	}
}
