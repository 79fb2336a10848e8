package coatcheck

import (
	"net/http"
	"net/textproto"
	"strings"
)

// A Carrier says how tokens travel between a client and a [Manager]; it is set
// as Options.Carrier. Those that there are come from [CookieCarrier],
// [HeaderCarrier], [InsecureFormCarrier], [InsecureURLCarrier] and, for several
// of them, [FirstOf]. Carriers are values without state, safe for concurrent
// use; [New] refuses those that contradict themselves or other options.
//
// A carrier never takes over what another one brought: a session answers by
// the carrier that its request came with, so no token moves from a form or a
// header into a cookie. A request whose carriers disagree opens nothing.
type Carrier interface {
	// flat returns the carriers one by one.
	flat() []Carrier

	// work returns the carrier at work, or what is wrong with it.
	work(*Options) (way, error)
}

// A way is one carrier at work in a manager. It is immutable.
type way interface {
	// look finds what a request presents. asks reports that it presents an
	// empty token: its client wants new sessions carried so.
	look(v *visit) (found candidates, asks bool, err error)

	// put puts a token into the response's headers, clear the news that there
	// is none any more.
	put(h http.Header, token Token)
	clear(h http.Header)

	// varies is the request header that the answer depends on, "" if none.
	varies() string

	// inPage reports whether the page carries the token: the headers need not
	// wait for it, and nobody may keep the page.
	inPage() bool
}

// CookieCarrier carries tokens in a cookie, as Options.Cookie describes it. It
// is what a manager does without Options.Carrier; its use is in a chain.
func CookieCarrier() Carrier { return cookieChoice{} }

type cookieChoice struct{}

func (c cookieChoice) flat() []Carrier            { return []Carrier{c} }
func (c cookieChoice) work(*Options) (way, error) { return cookieWay{}, nil }

// A cookieWay is the cookie among other carriers. What is put and cleared goes
// past it: cookies need to know of the session.
type cookieWay struct{}

func (cookieWay) look(v *visit) (candidates, bool, error) { return v.cookies(), false, nil }
func (cookieWay) put(http.Header, Token)                  {}
func (cookieWay) clear(http.Header)                       {}
func (cookieWay) varies() string                          { return "Cookie" }
func (cookieWay) inPage() bool                            { return false }

// HeaderCarrier carries tokens in a request header, for APIs and mobile apps,
// which keep them safe by themselves. Name "Authorization" means the Bearer
// scheme, "Authorization: Bearer TOKEN", and leaves other schemes alone; any
// other header holds the bare token, such as "X-Session: TOKEN".
//
// A new token is in a header of the response: "Session-Token" for
// Authorization, else the header of the same name. It is empty when the
// session was destroyed. Scripts on pages of another origin see it only if
// Access-Control-Expose-Headers names it. It is sent like a cookie, so what
// needs a new token after the headers have left is [ErrHeadersSent].
//
// A header that a request has twice opens nothing.
func HeaderCarrier(name string) Carrier { return headerChoice(name) }

type headerChoice string

func (c headerChoice) flat() []Carrier { return []Carrier{c} }

func (c headerChoice) work(*Options) (way, error) {
	name := textproto.CanonicalMIMEHeaderKey(string(c))
	switch {
	case !isToken(name):
		return nil, optionError("Carrier", "has the header %q, which may hold only letters, digits and !#$%%&'*+-.^_`|~", string(c))
	case len(name) > maxCarrierName:
		return nil, optionError("Carrier", "has a header name of %d bytes; at most %d are allowed", len(name), maxCarrierName)
	case isReserved(name):
		return nil, optionError("Carrier", "has the header %q, which means something else in HTTP: choose a name of your own, such as \"X-Session\"", name)
	case name == "Authorization":
		return headerWay{name: name, answer: "Session-Token", bearer: true}, nil
	}
	return headerWay{name: name, answer: name}, nil
}

// maxCarrierName is the greatest length of the name of a header, a field or a
// parameter.
const maxCarrierName = 64

// isReserved reports whether a header has a meaning that a token would break,
// in requests or in responses.
func isReserved(name string) bool {
	for _, prefix := range []string{"Accept", "Access-Control-", "Content-", "If-", "Proxy-", "Sec-", "X-Forwarded-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "Age", "Allow", "Cache-Control", "Clear-Site-Data", "Connection", "Cookie", "Date", "Etag", "Expect", "Expires", "Forwarded", "From",
		"Host", "Keep-Alive", "Last-Modified", "Link", "Location", "Origin", "Pragma", "Range", "Referer", "Referrer-Policy", "Refresh",
		"Retry-After", "Server", "Set-Cookie", "Strict-Transport-Security", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
		"Vary", "Via", "Warning", "Www-Authenticate":
		return true
	}
	return false
}

// InsecureFormCarrier carries tokens in a hidden field of HTML forms, for
// browsers without cookies. Only the body of a POST request counts, never a
// query. It must be application/x-www-form-urlencoded, or multipart/form-data
// where Options.Form allows that, and no longer than Options.Form.MaxBytes:
// else [FromContext] fails, which is answered with 413. Handlers read the form
// as they always do, before or after.
//
// Every page has to hand the token on: [Session.FormField] is the field for its
// forms. It also gives birth to a session that has a value, so the page
// never shows a token that is not saved. A session lives as long as one form
// leads to the next: a plain link, a redirect, the back button or a response
// that got lost loses it. Log in before the page is written; a form that was
// written before has the dead token. A form on another site may bring a token
// of that site's, which is dead at the Login; http.CrossOriginProtection
// refuses it.
//
// It is called insecure because the token stands in the page: scripts and
// everybody who sees the page's source can read it. Such pages are never
// stored by caches: they say no-store, whatever the handler says.
func InsecureFormCarrier(field string) Carrier { return formChoice(field) }

type formChoice string

func (c formChoice) flat() []Carrier { return []Carrier{c} }

func (c formChoice) work(o *Options) (way, error) {
	if err := checkCarrierName("field", string(c)); err != nil {
		return nil, err
	}
	return formWay{string(c)}, nil
}

// InsecureURLCarrier carries tokens in a parameter of the URL's query, for
// clients that can do nothing else. [Session.URL] writes it into the site's own
// links and redirects; nothing is rewritten by itself. It cannot be part of a
// chain, because a link could then move visitors away from a safer carrier;
// its tokens have IDs of their own, so no other carrier of any manager opens
// them, nor it theirs, and they never get into a cookie.
//
// It is called insecure because URLs are copied, mailed, bookmarked and logged,
// and whoever has one has the session. Where the session was read, responses
// say "Referrer-Policy: no-referrer" and "Cache-Control: no-store", whatever
// the handler says; elsewhere, unless it says otherwise, the first of them, and
// the second in answer to a URL with a token. [Manager.RedactURL] makes URLs
// fit for an access log.
func InsecureURLCarrier(param string) Carrier { return urlChoice(param) }

type urlChoice string

func (c urlChoice) flat() []Carrier { return []Carrier{c} }

func (c urlChoice) work(*Options) (way, error) {
	if err := checkCarrierName("parameter", string(c)); err != nil {
		return nil, err
	}
	return urlWay{string(c)}, nil
}

// checkCarrierName wants a name that means the same in HTML, in a query and in
// a form, without being encoded.
func checkCarrierName(what, name string) error {
	switch {
	case name == "", len(name) > maxCarrierName:
		return optionError("Carrier", "has a %s name of %d bytes; it must have 1 to %d", what, len(name), maxCarrierName)
	case name == "_charset_":
		return optionError("Carrier", "has the %s %q, which browsers fill in by themselves", what, name)
	}
	for _, c := range []byte(name) {
		if !isBase64URL(c) && c != '.' {
			return optionError("Carrier", "has the %s %q, which may hold only letters, digits, '-', '_' and '.'", what, name)
		}
	}
	return nil
}

// FirstOf is a chain, such as "cookie or header": a request may come with any
// of the carriers, and its session answers by that one. Without a token new
// sessions are carried by the first, or by the one in which the request
// presents an empty token ("X-Session:" or "Authorization: Bearer" without
// more, or an empty form field): a client asks for a carrier so.
//
// If several carriers bring different tokens, nobody knows whose request that
// is: none is looked up, the session is an empty one, and an event says so.
// Each carrier may stand in a chain once, and a URL not at all.
func FirstOf(carriers ...Carrier) Carrier { return chain(carriers) }

type chain []Carrier

func (c chain) flat() (all []Carrier) {
	for _, each := range c {
		if each == nil {
			return append(all, nil)
		}
		all = append(all, each.flat()...)
	}
	return all
}

func (c chain) work(*Options) (way, error) { return nil, nil } // it is flat first
