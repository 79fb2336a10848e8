package demo

import "fmt"

// A homeBody is what the first page shows.
type homeBody struct {
	Views int
	Host  string
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
	p.title, p.body = "Home", homeBody{n, p.r.Host}
	return nil
}
