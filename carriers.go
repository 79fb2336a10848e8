package coatcheck

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// carriers are those of a manager that has others than the cookie. Immutable.
type carriers struct {
	ways []way
	vary []string // request headers that answers depend on
	form bool     // one of them reads bodies
	url  string   // the parameter, "" if the URL carries nothing

	bearer bool // one of them is the Bearer scheme
}

// maxCarriers is how many a chain may have; moments has room for so many.
const maxCarriers = 8

// newCarriers returns what Options.Carrier asks for, nil for the cookie alone.
func newCarriers(o *Options, sealer bool) (*carriers, error) {
	all := []Carrier{CookieCarrier()}
	if o.Carrier != nil {
		all = o.Carrier.flat()
	}
	if err := checkChain(all); err != nil {
		return nil, err
	}
	c := new(carriers)
	for _, each := range all {
		w, err := each.work(o)
		if err != nil {
			return nil, err
		}
		if slices.Contains(c.ways, w) {
			return nil, optionError("Carrier", "has the same carrier twice: name each once")
		}
		if err := c.add(w); err != nil {
			return nil, err
		}
	}
	if err := c.check(o, sealer); err != nil {
		return nil, err
	}
	if len(c.ways) == 1 && c.has(cookieWay{}) {
		return nil, nil
	}
	return c, nil
}

func checkChain(all []Carrier) error {
	switch {
	case len(all) == 0:
		return optionError("Carrier", "is an empty chain: leave it unset for the cookie, or name a carrier")
	case len(all) > maxCarriers:
		return optionError("Carrier", "has %d carriers; at most %d are allowed", len(all), maxCarriers)
	case slices.Contains(all, nil):
		return optionError("Carrier", "has nil in its chain: leave it out, or use CookieCarrier()")
	}
	for _, each := range all {
		if _, ok := each.(urlChoice); ok && len(all) > 1 {
			return optionError("Carrier", "has a URL carrier in a chain, where a link could move visitors away from the other carriers: let it stand alone, in a manager of its own")
		}
	}
	return nil
}

// add takes a carrier up, which is at work already.
func (c *carriers) add(w way) error {
	switch w := w.(type) {
	case formWay:
		if c.form {
			return optionError("Carrier", "has two form fields: one is enough")
		}
		c.form = true
	case urlWay:
		c.url = w.param
	case headerWay:
		c.bearer = c.bearer || w.bearer
	}
	if name := w.varies(); name != "" {
		c.vary = append(c.vary, name)
	}
	c.ways = append(c.ways, w)
	return nil
}

// check finds what contradicts other options, or the store.
func (c *carriers) check(o *Options, sealer bool) error {
	cookie := c.has(cookieWay{})
	switch {
	case !cookie && o.Cookie != CookieOptions{}:
		return optionError("Cookie", "is set, but Carrier has no cookie: leave it unset, or make the cookie one of a chain")
	case !cookie && o.InsecureCookie:
		return optionError("InsecureCookie", "is set, but Carrier has no cookie: leave it unset")
	case !cookie && o.RotateEvery != 0:
		return optionError("RotateEvery", "is %v, but only the tokens of cookies rotate, and Carrier has no cookie: leave it 0, or make the cookie one of a chain", o.RotateEvery)
	case !c.form && o.Form.MaxBytes != 0:
		return optionError("Form.MaxBytes", "is set, but Carrier has no form: leave it unset")
	case !c.form && o.Form.Multipart:
		return optionError("Form.Multipart", "is set, but Carrier has no form: leave it unset")
	case sealer && (c.form || c.url != ""):
		return optionError("Carrier", "is a form or a URL, but this store seals sessions into their tokens, which change with every save and are long: use the cookie or a header")
	}
	return o.Form.fill()
}

func (c *carriers) has(w way) bool { return slices.Contains(c.ways, w) }

// cookies finds the tokens among the request's cookies.
func (v *visit) cookies() candidates {
	lines := v.request.Header["Cookie"]
	if v.m.sealing == nil {
		return v.m.cookie.scan(lines)
	}
	return v.m.cookie.scanSealed(lines)
}

// loadCarried is load for a manager with other carriers than the cookie.
func (v *visit) loadCarried(ctx context.Context, s *Session, held *[]Event) error {
	var found candidates
	by, asked, several, agree := -1, -1, false, true
	for i, w := range v.m.carried.ways {
		each, asks, err := w.look(v)
		if err != nil {
			return err
		}
		switch {
		case asks && asked < 0:
			asked = i
		case each.named == 0 && each.fault == "":
		case by < 0:
			by, found = i, each
		default:
			several = true
			agree = agree && found.same(&each)
		}
	}
	if several && !agree {
		by, found = 0, candidates{named: 2, fault: reasonAmbiguous}
	}
	if by < 0 {
		by = max(asked, 0)
	}
	v.moments.add(uint32(by) << wayShift)
	err := v.openFound(ctx, s, &found, held)
	if several {
		s.due &^= dueTurn | dueCookie // the others would keep the old token, and then disagree
	}
	return err
}

// same reports whether both are one and the same good token.
func (f *candidates) same(g *candidates) bool {
	return f.n == 1 && g.n == 1 && f.fault == "" && g.fault == "" && f.tokens[0] == g.tokens[0]
}

// alone makes candidates of what a carrier holds so many times. Nobody but the
// client writes there, so there is no reason to have it twice.
func (v *visit) alone(value string, times int) (found candidates, asks bool) {
	switch {
	case times == 0:
		return found, false
	case times > 1:
		return candidates{named: times, fault: reasonAmbiguous}, false
	case value == "":
		return found, true
	}
	found.named = 1
	if found.fault = v.m.fault(value); found.fault == "" {
		found.tokens[0], found.n = Token(value), 1
	}
	return found, false
}

// fault is tokenFault for the tokens of this manager.
func (m *Manager) fault(value string) string {
	switch {
	case !m.seals(Token(value)): // no sealer, or a stored session's beside one
		return tokenFault(value)
	case len(value) > maxCookie:
		return "length"
	case !isSealed(Token(value)):
		return "characters"
	}
	return ""
}

// way returns the carrier by which the session answers, nil if it is the
// cookie.
func (s *Session) way() way {
	c := s.m.carried
	if c == nil {
		return nil
	}
	w := c.ways[0]
	if s.v != nil {
		w = s.v.way()
	}
	if w == (cookieWay{}) {
		return nil
	}
	return w
}

// way is the carrier that load has chosen, of a manager that has several.
func (v *visit) way() way { return v.m.carried.ways[v.moments.bits.Load()>>wayShift] }

// tooLate reports whether the response can give the client no other token any
// more. In a page it can until the handler returns; but one that began before
// anybody asked for the session may be kept by caches.
func (v *visit) tooLate() bool {
	switch bits := v.moments.bits.Load(); {
	case bits&sent == 0:
		return false
	case v.m.carried == nil, bits&(closed|failed|returned|unready) != 0:
		return true
	}
	return !v.way().inPage()
}

// carriedHeaders is headers for a manager with other carriers than the cookie.
func (s *Session) carriedHeaders() {
	h := s.v.w.Header()
	for _, name := range s.m.carried.vary {
		if !lists(h["Vary"], name) {
			h["Vary"] = append(h["Vary"], name)
		}
	}
	if s.due&dueCookie != 0 {
		s.repeat(h)
	}
	w := s.way()
	switch {
	case w != nil && w.inPage():
		keepOut(h)
	case len(h["Cache-Control"]) == 0 && s.cookieSet:
		h["Cache-Control"] = []string{"no-store"}
	case len(h["Cache-Control"]) == 0:
		h["Cache-Control"] = []string{"private"}
	}
	if s.m.carried.url != "" {
		h["Referrer-Policy"] = []string{"no-referrer"}
	}
}

// keepOut keeps the response out of every cache.
func keepOut(h http.Header) {
	if !lists(h["Cache-Control"], "no-store") {
		h["Cache-Control"] = []string{"no-store"}
	}
	dropTargeted(h)
}

// dropTargeted drops what is meant for some caches only (RFC 9213, and its
// forerunners): to these it would outweigh Cache-Control.
func dropTargeted(h http.Header) {
	for name := range h {
		if targeted(name) {
			delete(h, name)
		}
	}
}

// targeted reports whether a header is for some caches only.
func targeted(name string) bool {
	return strings.HasSuffix(name, "-Cache-Control") || name == "Surrogate-Control" || name == "X-Accel-Expires"
}

// before returns the handler that stands between the manager's and next.
func (c *carriers) before(m *Manager, next http.Handler) http.Handler {
	switch {
	case c == nil:
		return next
	case c.form:
		return &formKeeper{m, next}
	case c.url != "":
		return &urlGuard{c.url, next}
	}
	return next
}
