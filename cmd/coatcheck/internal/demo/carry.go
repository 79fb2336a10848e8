package demo

import (
	"fmt"
	"html/template"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coathtml"
)

// A carrier is what a browser's ticket travels in. "" is the cookie.
type carrier string

// What the site can be told to carry tickets in. Only cookies, forms and URLs
// are for browsers.
const (
	byCookie carrier = "cookie"
	byHeader carrier = "header"
	byForm   carrier = "form"
	byURL    carrier = "url"
)

// Names of the header, and of the field or parameter.
const (
	ticketHeader = "X-Session"
	ticketField  = "session"
)

// Carriers are the words that [Options].Carrier knows.
func Carriers() []string {
	return []string{string(byCookie), string(byHeader), string(byForm), string(byURL)}
}

// choose returns the library's carrier.
func (c carrier) choose() (coatcheck.Carrier, error) {
	switch c {
	case byCookie, "":
		return nil, nil
	case byHeader:
		return coatcheck.HeaderCarrier(ticketHeader), nil
	case byForm:
		return coatcheck.InsecureFormCarrier(ticketField), nil
	case byURL:
		return coatcheck.InsecureURLCarrier(ticketField), nil
	}
	return nil, fmt.Errorf("%w: there is no carrier %q; there are %q", coatcheck.ErrInvalid, string(c), Carriers())
}

// limit is what the library may read of a form to find the ticket.
func (c carrier) limit() (o coatcheck.FormOptions) {
	if c == byForm {
		o.MaxBytes = maxForm
	}
	return o
}

// went says where a new ticket is.
func (c carrier) went() string {
	switch c {
	case byHeader:
		return "went into a header"
	case byForm:
		return "is in the forms of this page"
	case byURL:
		return "is in the links of this page"
	}
	return "went into a cookie"
}

// Cookie, Header, Form and URL report what carries tickets, for templates.
func (v *view) Cookie() bool { return v.carrier == byCookie || v.carrier == "" }
func (v *view) Header() bool { return v.carrier == byHeader }
func (v *view) Form() bool   { return v.carrier == byForm }
func (v *view) URL() bool    { return v.carrier == byURL }

// Field is the hidden field that every form of the site has.
func (v *view) Field() (template.HTML, error) {
	switch {
	case v.s != nil && !v.URL():
		return coathtml.Field(v.s)
	case v.Form() && v.shown != "":
		return template.HTML(`<input type="hidden" name="` + ticketField + `" value="` + template.HTMLEscapeString(v.shown) + `">`), nil
	}
	return "", nil
}

// To is where a form leads.
func (v *view) To(path string) string {
	if v.s != nil {
		return v.s.URL(path)
	}
	return path
}

// Go begins a link to a page of the site, End ends it. Where forms carry the
// ticket, links are buttons of one form, which stands on top of the page.
func (v *view) Go(path, class string) template.HTML { return v.link(path, class, "") }

// Nav is Go for the menu, which marks the page that one is on.
func (v *view) Nav(path, class string) template.HTML {
	if v.Section == path {
		return v.link(path, class, ` aria-current="page"`)
	}
	return v.link(path, class, "")
}

// End ends what Go has begun.
func (v *view) End() template.HTML {
	if v.Form() {
		return "</button>"
	}
	return "</a>"
}

func (v *view) link(path, class, more string) template.HTML {
	if v.Form() {
		if class != "button" {
			class += " link"
		}
		return template.HTML(`<button class="` + class + `" form="go" formaction="/to` + template.HTMLEscapeString(path) + `"` + more + `>`)
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	return template.HTML(`<a` + class + ` href="` + template.HTMLEscapeString(v.To(path)) + `"` + more + `>`)
}

// turn shows the page that follows a form: by a redirect, so that a reload
// sends nothing twice, unless that would lose the ticket.
func (site *Site) turn(w http.ResponseWriter, r *http.Request, s *coatcheck.Session, next string) {
	if site.carrier != byForm {
		http.Redirect(w, r, s.URL(next), http.StatusSeeOther)
		return
	}
	site.at(next).ServeHTTP(w, r)
}

// at returns the handler of a page under a path of its own.
func (site *Site) at(path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there, url := r.WithContext(r.Context()), *r.URL
		there.URL, url.Path = &url, path
		site.turns[path].ServeHTTP(w, there)
	})
}

// none says that there is no ticket.
func (c carrier) none() string {
	if c == byCookie || c == "" {
		return "no cookie was set"
	}
	return "there is no ticket"
}

// Curl is the command by which curl keeps the ticket, for the page that says so.
func (v *view) Curl() string {
	command := "curl"
	if v.Strange {
		command += " -k"
	}
	if v.Header() {
		return command + " -i -H 'X-Session: TICKET'"
	}
	return command + " -c jar -b jar"
}
