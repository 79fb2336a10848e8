// Package demo is a small web site that shows sessions at work: a page
// counter, a login, a cart, and a list of one's own sessions. It is written as
// an application would be, on nothing but the public face of package
// coatcheck. Every page tells at its foot what just happened behind it.
//
// The same site answers plain-text GET routes for tools and load tests; see
// routes.go.
package demo

import (
	"html/template"
	"net/http"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// A Site is the demo site, an [http.Handler]. It is safe for concurrent use.
// There is no use for the zero Site; make it by [New].
type Site struct {
	manager  *coatcheck.Manager
	insecure bool
	unsigned bool
	carrier  carrier
	turns    map[string]http.Handler // the pages, by path
	guard    *http.CrossOriginProtection
	pages    map[string]*template.Template
	handler  http.Handler
	stopping chan struct{}
	stop     sync.Once
}

// New returns a site that keeps its sessions in store. opts may be nil. The
// error is coatcheck.ErrInvalid for options that contradict each other.
func New(store coatcheck.Store, opts *Options) (*Site, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	site := &Site{insecure: o.InsecureCookie, unsigned: o.Unsigned, carrier: carrier(o.Carrier), stopping: make(chan struct{})}
	carries, err := site.carrier.choose()
	if err != nil {
		return nil, err
	}
	if site.pages, err = parsePages(); err != nil {
		return nil, err
	}
	if site.manager, err = coatcheck.New(store, o.manager(site, carries)); err != nil {
		return nil, err
	}
	site.guard = http.NewCrossOriginProtection()
	site.guard.SetDenyHandler(http.HandlerFunc(site.foreign))
	site.handler = hardened(site.guard.Handler(site.manager.Handler(site.routes())))
	return site, nil
}

// ServeHTTP implements [http.Handler].
func (site *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { site.handler.ServeHTTP(w, r) }

// Stop ends the answers that take their time, as a server's shutdown should.
// Other requests are still served.
func (site *Site) Stop() { site.stop.Do(func() { close(site.stopping) }) }

// Close ends the site, after the last request. The store stays open.
func (site *Site) Close() error {
	site.Stop()
	return site.manager.Close()
}
