package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// A homeBody is what the first page shows.
type homeBody struct {
	Views int
	Base  string // the site's address, without a path
}

// home counts its own views.
func (site *Site) home(p *page) error {
	views.Update(p.s, func(n int) int { return n + 1 })
	// Up to the save that is provisional: another request may count too.
	if err := p.s.Save(p.ctx()); err != nil {
		return err
	}
	n := views.Get(p.s)
	p.did("views.Update(s, func(n int) int { return n + 1 })", fmt.Sprintf("One more view of this page: %d.", n))
	p.title, p.body = "Home", homeBody{n, base(p.r)}
	return nil
}

// base returns the address of the site as the browser knows it, fit for the
// quotes of a shell: whoever made up the name of the host may have had that in
// mind.
func base(r *http.Request) string {
	host := strings.ReplaceAll(r.Host, "'", "%27")
	if plainHTTP(r) {
		return "http://" + host
	}
	return "https://" + host
}
