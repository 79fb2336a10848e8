package config_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

// far is a scheme whose stores cannot be opened.
func far(testing.TB) storeurl.Scheme {
	return storeurl.Scheme{
		Name: "far", Form: "//USER:PASSWORD@HOST", Password: true,
		Params: []storeurl.Param{{Name: "n", Kind: storeurl.Int}},
		Open: func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
			return nil, fmt.Errorf("no way to %s", r.URL())
		},
	}
}

// TestParseErrors: what is wrong is said with line, column, field and the way
// out.
func TestParseErrors(t *testing.T) {
	rest := `"store": "mem:"`
	for text, want := range map[string]string{
		"":                            "1:1: unexpected end of JSON input",
		"[]":                          `1:1: it is an array; it must be an object such as {"store": "mem:"}`,
		"{}":                          `1:1: store: it is missing; the simplest is "mem:"`,
		"{" + rest + "} {}":           "1:19: invalid character '{' after top-level value",
		"{" + rest + ",}":             "1:18: invalid character '}'",
		"{" + rest + ", // why\n}":    "1:19: invalid character '/'",
		"{" + rest + "," + rest + "}": `1:18: "store" stands twice in one object`,
		"{\n  " + rest + ",\n  \"cookie\": {\"path\": \"/\", \"path\": \"/\"}}":    `3:27: "path" stands twice in one object`,
		"{" + rest + `, "idle_timout": "1h"}`:                                      "1:19: idle_timout: there is no such field; did you mean idle_timeout?",
		"{" + rest + `, "IdleTimeout": "1h"}`:                                      "1:19: IdleTimeout: there is no such field; did you mean idle_timeout?",
		"{" + rest + `, "codec": "gob"}`:                                           "1:19: codec: there is no such field; all are store, cookie, anonymous_keys, name, idle_timeout,",
		"{" + rest + `, "same_site": "lax"}`:                                       `1:19: same_site: there is no such field here; it belongs into "cookie"`,
		"{" + rest + `, "cookie": {"insecure_cookie": true}}`:                      `1:30: cookie.insecure_cookie: there is no such field in "cookie"; it belongs outside`,
		"{" + rest + `, "cookie": {"samesite": "lax"}}`:                            "1:30: cookie.samesite: there is no such field; did you mean same_site?",
		"{" + rest + `, "cookie": "app"}`:                                          `1:29: cookie: it is "app"; it must be an object`,
		"{" + rest + `, "name": 7}`:                                                "1:27: name: it is 7; it must be a string with something in it; leave the field out for the default",
		"{" + rest + `, "name": ""}`:                                               `1:27: name: it is ""; it must be a string with something in it`,
		"{" + rest + `, "name": null}`:                                             "1:27: name: it is null; it must be a string",
		"{" + rest + `, "name": "a b"}`:                                            `1:27: name: "a b" may hold only letters`,
		"{" + rest + `, "idle_timeout": 60}`:                                       `1:35: idle_timeout: it is 60; it must be a duration with its units, h, m, s or ms, such as "90s" or "1h30m", or "off"`,
		"{" + rest + `, "idle_timeout": "60"}`:                                     `1:35: idle_timeout: it is "60"; it must be a duration`,
		"{" + rest + `, "idle_timeout": "30d"}`:                                    `1:35: idle_timeout: it is "30d"; it must be a duration`,
		"{" + rest + `, "idle_timeout": "-1s"}`:                                    `1:35: idle_timeout: it is "-1s"; it must be a duration`,
		"{" + rest + `, "idle_timeout": "0s"}`:                                     `1:35: idle_timeout: it is "0s"; it must be between 1ms and 290 years`,
		"{" + rest + `, "idle_timeout": "9999999h"}`:                               `1:35: idle_timeout: it is "9999999h"; it must be between 1ms and 290 years`,
		"{" + rest + `, "store_timeout": "off"}`:                                   `1:36: store_timeout: it is "off"; it must be a duration with its units, h, m, s or ms, such as "90s" or "1h30m"`,
		"{" + rest + `, "max_keys": 0}`:                                            "1:31: max_keys: it is 0; it must be a whole number above 0",
		"{" + rest + `, "max_keys": 1.5}`:                                          "1:31: max_keys: it is 1.5; it must be a whole number",
		"{" + rest + `, "max_keys": "9"}`:                                          `1:31: max_keys: it is "9"; it must be a whole number`,
		"{" + rest + `, "max_bytes": "64kB"}`:                                      `1:32: max_bytes: it is "64kB"; it must be a number of bytes above 0, or a string with a unit`,
		"{" + rest + `, "max_bytes": "4096MiB"}`:                                   `1:32: max_bytes: it is "4096MiB"; it must be less than 2GiB`,
		"{" + rest + `, "max_bytes": "17MiB"}`:                                     "1:32: max_bytes: it is 17825792; it must be between 1 and 16777216",
		"{" + rest + `, "carrier": "form:a"}`:                                      `1:30: carrier: it is "form:a"; it must be "cookie", "header:NAME", "insecure-form:FIELD" or "insecure-url:PARAMETER", or an array of these`,
		"{" + rest + `, "carrier": 7}`:                                             "1:30: carrier: it is 7; it must be \"cookie\"",
		"{" + rest + `, "carrier": ["cookie", ["cookie"]]}`:                        "1:30: carrier: it is an array; it must be \"cookie\"",
		"{" + rest + `, "carrier": []}`:                                            "1:30: carrier: it is an empty chain",
		"{" + rest + `, "carrier": "header:Cookie"}`:                               `1:30: carrier: it has the header "Cookie", which means something else in HTTP`,
		"{" + rest + `, "carrier": ["cookie", "insecure-url:s"]}`:                  "1:30: carrier: it has a URL carrier in a chain",
		"{" + rest + `, "carrier": "header:X-S", "cookie": {"path": "/a"}}`:        "1:54: cookie: it is set, but carrier has no cookie",
		"{" + rest + `, "carrier": "header:X-S", "insecure_cookie": true}`:         "1:63: insecure_cookie: it is set, but carrier has no cookie",
		"{" + rest + `, "form_multipart": true}`:                                   "1:37: form_multipart: it is set, but carrier has no form: leave it out",
		"{" + rest + `, "insecure_cookie": 1}`:                                     "1:38: insecure_cookie: it is 1; it must be true or false",
		"{" + rest + `, "cookie": {"same_site": "Lax"}}`:                           `1:43: cookie.same_site: it is "Lax"; it must be "lax", "strict" or "none"`,
		"{" + rest + `, "cookie": {"path": "a"}}`:                                  `1:38: cookie.path: "a" must begin with "/"`,
		"{" + rest + `, "cookie": {"partitioned": true, "same_site": "lax"}}`:      "1:45: cookie.partitioned: it needs SameSite None",
		"{" + rest + ", \"cookie\": {\"name\": \"__Host-a\",\n\"path\": \"/a\"}}":  `1:38: cookie.name: "__Host-a" has a prefix that forbids Domain`,
		"{" + rest + `, "insecure_cookie": true, "cookie": {"same_site": "none"}}`: "1:68: cookie.same_site: None needs a Secure cookie, which insecure_cookie forbids",
		"{" + rest + ",\n\"absolute_timeout\": \"1h\",\n\"idle_timeout\": \"2h\"}": `3:17: idle_timeout: it is 2h0m0s, longer than absolute_timeout, 1h0m0s: raise that one, or switch it off with "off"`,
		"{" + rest + `, "flood_window": "1ms"}`:                                    `1:35: flood_window: it is 1ms; it must be between 1s and 24h, or left out for the default`,
		"{" + rest + `, "flood_window": "1m"}`:                                     `1:35: flood_window: it is 1m0s, but there is no budget: set flood_per_client or flood_total, or leave it out`,
		"{" + rest + `, "promote_bytes": 9}`:                                       "1:36: promote_bytes: it is 9, but nothing is ever promoted without anonymous_keys: leave it out",
		"{" + rest + `, "rotate_every": "1s"}`:                                     "1:35: rotate_every: it is 1s; it must be at least 1m0s, or left out for never",
		"{" + rest + `, "cookie": {"chunks": 9}}`:                                  "1:40: cookie.chunks: it is 9; it must be between 1 and 8, or left out for 1",
		"{" + rest + `, "first_timeout": "31m"}`:                                   `1:36: first_timeout: it is 31m0s, longer than anonymous_idle_timeout, 30m0s`,
		"{" + rest + `, "persistent_idle_timeout": "13h"}`:                         `1:46: persistent_idle_timeout: it is 13h0m0s, longer than persistent_absolute_timeout, 12h0m0s`,
		"{" + rest + `, "anonymous_idle_timeout": "3h"}`:                           `1:45: anonymous_idle_timeout: it is 3h0m0s, longer than anonymous_absolute_timeout, 2h0m0s`,
		`{"store": 7}`:                         "1:11: store: it is a number; it must be a URL or an object",
		`{"store": "hsah:a"}`:                  `1:11: store: "hsah:a": there is no store "hsah" (is it "hash:FILE"?); what works is `,
		`{"store": "hash:a?durability=maybe"}`: `1:11: store: "hash:a": durability: it is "maybe"; it must be "none", "always" or`,
		"{\"store\": {\"url\": \"hash:a\",\n  \"durabilty\": \"always\"}}":                           "2:3: store.durabilty: there is no such parameter; durability is one",
		"{\"store\": {\"url\": \"hash:a\",\n  \"durability\": \"allways\"}}":                         `2:17: store.durability: it is "allways"`,
		"{ \"store\": {\n \"members\": [{\"name\": \"a\",\n\"store\": \"hash:a\", \"wieght\": 2}]}}": "3:20: store.members[0].wieght: there is no such field; weight is one",
		`{"store": {"members": [{"name": "a", "store": "mem:"}], "policy": "failover"}}`:             "1:67: store.policy: ring: ",
	} {
		c, err := config.Parse("app.json", []byte(text), nil)
		bad := (*config.Error)(nil)
		if c != nil || !errors.As(err, &bad) || !errors.Is(err, coatcheck.ErrInvalid) || !strings.HasPrefix(err.Error(), "config: app.json:"+want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}

// TestErrorsHoldNoPassword: not when the URL that has one is wrong.
func TestErrorsHoldNoPassword(t *testing.T) {
	for _, store := range []string{`"redis://ada:s3cret@h"`, `"far://ada:s3cret@h?m=1"`, `"far://ada:s3cret@h?n=s3cret&password_env=A"`, `{"url": "far://ada:s3cret@h", "password_file": "f"}`, `"ada:s3cret@h"`} {
		mux, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{far(t)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Parse("app.json", []byte(`{"store": `+store+`}`), mux)
		if err == nil || strings.Contains(err.Error(), ":s3cret") {
			t.Errorf("%s: %v", store, err)
		}
	}
}

// TestBadExamples: the files of bad examples are refused.
func TestBadExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if _, err := config.Read(file, nil); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// FuzzParse: whatever the text, there is a Config or an *Error with a place in
// the text, and no file is touched.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/valid/*.json", "testdata/invalid/*.json"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte(`{"store": "mem:", "max_keys": 1e999, "name": "\ud800"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("app.json", text, nil)
		if err == nil {
			c.Options.Logger = slog.New(slog.DiscardHandler)
			if o := &c.Options; o.PromoteBytes != 0 || o.Cookie.Chunks > 1 { // which the store decides about
				o.AnonymousSealer = struct{ coatcheck.Sealer }{}
			}
			c.Options.MaxSessionsPerOwner = 0 // which asks more of a store than this one has
			if m, err := coatcheck.New(struct{ coatcheck.Store }{}, &c.Options); err != nil || m.Close() != nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		bad := (*config.Error)(nil)
		if !errors.As(err, &bad) || bad.Line < 1 || bad.Line > 1+strings.Count(string(text), "\n") || bad.Column < 1 {
			t.Errorf("%q: %v", text, err)
		}
	})
}
