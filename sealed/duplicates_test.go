package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Two cookies with the same session, as after a change of Cookie.Path, which makes
// browsers send both: the later state counts, in whatever order they come, so that
// changes are seen (promise 7) and no copy from before takes them back.
func TestPromise7LaterOfTwoCookiesCounts(t *testing.T) {
	clock := newClock()
	later := map[string]func(b *browser){
		"saved":   func(b *browser) { b.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }) },
		"touched": func(b *browser) { clock.Advance(10 * time.Minute); b.visit(func(*coatcheck.Session) {}) },
		"reverted": func(b *browser) {
			b.visit(func(s *coatcheck.Session) {
				tally.Set(s, 1)
				expectNil(t, s.Save(context.Background()))
				tally.Delete(s)
			})
		},
	}
	for name, change := range later {
		t.Run(name, func(t *testing.T) {
			site := open(t, setup{options: coatcheck.Options{Now: clock.Now, Cookie: coatcheck.CookieOptions{Name: "sid"}}})
			b := site.browser().login("ada")
			old := b.jar["sid"]
			change(b)
			now := b.jar["sid"]
			if now == old {
				t.Fatal("no other cookie")
			}
			for order, header := range map[string]string{"later first": "sid=" + now + "; sid=" + old, "later last": "sid=" + old + "; sid=" + now} {
				r, err := http.NewRequest(http.MethodGet, site.url+site.task(func(_ http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectNil(t, err)
					expectEqual(t, order+": the later one was opened", string(s.Token()) == now, true)
				}), nil)
				expectNil(t, err)
				r.Header.Set("Cookie", header)
				res, err := http.DefaultClient.Do(r)
				expectNil(t, err)
				expectNil(t, res.Body.Close())
			}
		})
	}
}
