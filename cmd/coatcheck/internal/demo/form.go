package demo

import (
	"errors"
	"net/http"

	"github.com/coatcheck/coatcheck"
)

// maxForm is the greatest length of a form's body in bytes.
const maxForm = 16 << 10

// form returns the handler of a form: do changes the session by what the form
// says and returns where the browser goes next. A reload there sends nothing
// twice.
func (site *Site) form(do func(*page) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, next, err := submit(w, r, do)
		if err != nil {
			site.answer(w, r, err)
			return
		}
		site.turn(w, r, s, next)
	})
}

func submit(w http.ResponseWriter, r *http.Request, do func(*page) (string, error)) (s *coatcheck.Session, next string, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return nil, "", &complaint{http.StatusRequestEntityTooLarge, "That form is longer than any of ours."}
		}
		return nil, "", bad("That form cannot be read.")
	}
	p, err := open(r)
	if err != nil {
		return nil, "", err
	}
	next, err = do(p)
	return p.s, next, err
}

// A notice is a message for the next page, which takes it out and shows it.
type notice struct{ Text, Code string }

// say leaves a notice.
func (p *page) say(text, code string) { lastNotice.Set(p.s, notice{text, code}) }
