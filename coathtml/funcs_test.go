package coathtml_test

import (
	"context"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/coathtml"
	"github.com/coatcheck/coatcheck/memstore"
)

var note = coatcheck.NewKey[string]("note")

var page = template.Must(template.New("page").Funcs(coathtml.Funcs()).Parse(
	`{{sessionField .}}|<a href="{{sessionURL . "/a?b=c&d"}}">|<a href="{{sessionURL . "//evil.test/"}}">|<a href="{{sessionURL . "javascript:alert(1)"}}">`))

// render serves the page by a carrier, after change.
func render(t *testing.T, store coatcheck.Store, c coatcheck.Carrier, change func(*coatcheck.Session)) (body string, token coatcheck.Token, err error) {
	t.Helper()
	m, failed := coatcheck.New(store, &coatcheck.Options{Carrier: c, SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler)})
	if failed != nil {
		t.Fatal(failed)
	}
	t.Cleanup(func() { _ = m.Close() })
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, failed := coatcheck.FromContext(r.Context())
		if failed != nil {
			t.Fatal(failed)
		}
		change(s)
		var b strings.Builder
		if err = page.Execute(&b, s); err == nil {
			_, _ = io.WriteString(w, b.String())
		}
		token = s.Token()
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Body.String(), token, err
}

// A page has the token where its carrier needs it, and nowhere else.
func TestFuncs(t *testing.T) {
	const away = `|<a href="//evil.test/">|<a href="#ZgotmplZ">`
	for name, c := range map[string]struct {
		carrier     coatcheck.Carrier
		field, link string // T stands for the token
	}{
		"cookie": {nil, "", `/a?b=c&amp;d`},
		"header": {coatcheck.HeaderCarrier("X-Session"), "", `/a?b=c&amp;d`},
		"form":   {coatcheck.InsecureFormCarrier("sid"), `<input type="hidden" name="sid" value="T">`, `/a?b=c&amp;d`},
		"url":    {coatcheck.InsecureURLCarrier("sid"), `<input type="hidden" name="sid" value="T">`, `/a?b=c&amp;d&amp;sid=T`},
	} {
		for _, changed := range []bool{true, false} {
			store := memstore.New(nil)
			body, token, err := render(t, store, c.carrier, func(s *coatcheck.Session) {
				if changed {
					note.Set(s, "x")
				}
			})
			_ = store.Close()
			link := c.link
			if !changed {
				link = strings.TrimSuffix(link, "&amp;sid=T")
			}
			want := strings.ReplaceAll(c.field+`|<a href="`+link+`">`, "T", string(token)) + away
			if err != nil || body != want || changed && c.field != "" && token == "" {
				t.Errorf("%s, changed %t: %v, %q, want %q", name, changed, err, body, want)
			}
		}
	}
}

// A session that cannot be born ends the page.
func TestFuncsStoreDown(t *testing.T) {
	down := errors.New("down")
	for _, c := range []coatcheck.Carrier{coatcheck.InsecureFormCarrier("sid"), coatcheck.InsecureURLCarrier("sid")} {
		ram := memstore.New(nil)
		store := coatchecktest.NewStore(ram)
		store.After = func(_ context.Context, _ coatchecktest.Op, _ coatcheck.ID, _ error) error { return down }
		body, _, err := render(t, store, c, func(s *coatcheck.Session) { note.Set(s, "x") })
		_ = ram.Close()
		if !errors.Is(err, down) || strings.Contains(body, "sid") {
			t.Errorf("%v, %q", err, body)
		}
	}
}
