// Package coathtml helps html/template pages to hand their session on, under a
// carrier that needs it: [coatcheck.InsecureFormCarrier] and
// [coatcheck.InsecureURLCarrier]. Under any other carrier its functions write
// nothing of their own, so the same templates serve all carriers.
//
//	page := template.Must(template.New("page").Funcs(coathtml.Funcs()).Parse(`
//	<form method="post" action="{{sessionURL .Session "/cart"}}">
//		{{sessionField .Session}}
//		<button name="do" value="add">Add</button>
//	</form>`))
//
// A template may be where a session is born, which must be possible: write
// pages into a buffer first, or put the first form near the top.
package coathtml

import (
	"html/template"

	"github.com/coatcheck/coatcheck"
)

// Funcs returns the functions "sessionField", which is [Field], and
// "sessionURL", which is [URL], for [template.Template.Funcs].
func Funcs() template.FuncMap {
	return template.FuncMap{"sessionField": Field, "sessionURL": URL}
}

// Field returns the hidden field of [coatcheck.Session.FormField] as HTML, ""
// when the session needs none. Every form that posts to the site has it once,
// and no form that posts elsewhere. An error is that of the save that gives
// birth to the session; it ends the template.
func Field(s *coatcheck.Session) (template.HTML, error) {
	name, value := s.FormField()
	if name == "" {
		return "", nil
	}
	if err := failure(s, value); err != nil {
		return "", err
	}
	return template.HTML(`<input type="hidden" name="` + template.HTMLEscapeString(name) + `" value="` + template.HTMLEscapeString(value) + `">`), nil
}

// URL is [coatcheck.Session.URL] for links and the actions of forms. Errors are
// those of [Field].
func URL(s *coatcheck.Session, target string) (string, error) {
	written := s.URL(target)
	if name, value := s.FormField(); name != "" {
		return written, failure(s, value)
	}
	return written, nil
}

// failure returns why a session with changes has no token.
func failure(s *coatcheck.Session, token string) error {
	if token != "" {
		return nil
	}
	return s.Err()
}
