package demo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A page is one answer for browsers under way: the request, its session, and
// what has been done with that so far.
type page struct {
	r       *http.Request
	s       *coatcheck.Session
	journal *journal
	steps   []step
	known   bool // the browser showed a good ticket
	changed bool
	title   string
	body    any // what the page's template shows
}

// A step is one line at the foot of a page: a call, and what it did.
type step struct{ Code, Text string }

// open starts a page.
func open(r *http.Request) (*page, error) {
	p := &page{journal: new(journal)}
	p.r = r.WithContext(context.WithValue(r.Context(), journalKey{}, p.journal))
	s, err := coatcheck.FromContext(p.ctx())
	if err != nil {
		return nil, err
	}
	p.s, p.known = s, !s.IsNew()
	p.steps = append(p.steps, p.journal.arrival(s))
	return p, nil
}

// ctx is the request's context.
func (p *page) ctx() context.Context { return p.r.Context() }

// did notes a call that changed the session.
func (p *page) did(code, text string) {
	p.changed = true
	p.saw(code, text)
}

// saw notes a call that changed nothing.
func (p *page) saw(code, text string) { p.steps = append(p.steps, step{code, text}) }

// page returns the handler of a page: fill reads and changes the session and
// leaves a title and a body; template name shows them.
func (site *Site) page(name string, fill func(*page) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := open(r)
		if err == nil {
			err = fill(p)
		}
		if err != nil {
			site.answer(w, r, err)
			return
		}
		v := site.view(p)
		// To save now rather than with the first byte lets the page tell of it.
		if err := p.s.Save(p.ctx()); err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		v.finish(p)
		site.send(w, http.StatusOK, name, v)
	})
}

// answer answers a request that failed.
func (site *Site) answer(w http.ResponseWriter, r *http.Request, err error) {
	if c := (*complaint)(nil); errors.As(err, &c) {
		site.refuse(w, r, c)
		return
	}
	coatcheck.Error(w, r, err)
}

// A view is what every template gets.
type view struct {
	Title   string
	Section string // the path, to mark the entry of the menu
	Owner   string
	Things  int // in the cart
	Notice  *notice
	Steps   []step
	Info    coatcheck.Info
	Keys    int
	Leaky   bool // the browser may drop the cookie: see plainHTTP
	Strange bool // tools do not trust the certificate
	Body    any

	now     time.Time
	carrier carrier
	s       *coatcheck.Session // nil if there is none to be had
	shown   string             // then the ticket that the request has shown
}

// view begins the view of a page, up to where the session is saved.
func (site *Site) view(p *page) *view {
	v := &view{
		Title:   p.title,
		Section: p.r.URL.Path,
		Owner:   p.s.Owner(),
		Things:  inCart.Get(p.s).things(),
		Body:    p.body,
		now:     time.Now(),
		carrier: site.carrier,
		Strange: site.unsigned && p.r.TLS != nil,
		s:       p.s,
	}
	v.Leaky = v.Cookie() && !site.insecure && !p.known && plainHTTP(p.r)
	if n, ok, err := lastNotice.Lookup(p.s); ok && err == nil {
		lastNotice.Pop(p.s)
		p.did("lastNotice.Pop(s)", "The message above was taken out, so it shows once.")
		v.Notice = &n
	}
	return v
}

// finish completes the view with what the save did.
func (v *view) finish(p *page) {
	v.Steps = append(p.steps, p.journal.ending(p.s, p.changed, v.carrier))
	v.Info = p.s.Info()
	v.Keys = len(p.s.Keys())
}

// plainHTTP reports whether the browser speaks plain HTTP, as far as one can
// tell. Then it drops Secure cookies, unless it trusts the host all the same.
func plainHTTP(r *http.Request) bool {
	return r.TLS == nil && r.Header.Get("X-Forwarded-Proto") != "https"
}
