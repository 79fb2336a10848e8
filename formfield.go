package coatcheck

import "context"

// FormField returns the hidden field that hands the session on to the next
// request of a form, under [InsecureFormCarrier]. Put it into each form that
// posts to the site; package coathtml does that in templates:
//
//	<input type="hidden" name="{{name}}" value="{{value}}">
//
// A session that is not stored yet, but has changes, is saved first: it is born
// in that moment, also after the headers have left. If that fails, the
// value is "", [Session.Err] tells why, and the response fails as after any
// save that failed. The value is "", too, while there is nothing to save:
// nothing is stored for visitors who only look. Changes of a stored session
// are saved as always. Call it after Login, Renew and Destroy, which change
// the token.
//
// Under [InsecureURLCarrier] it returns the parameter, which a form of method
// GET needs, since that has a query of its own. When the session answers by
// another carrier, both are "": such a form needs no field.
func (s *Session) FormField() (name, value string) {
	switch w := s.way().(type) {
	case formWay:
		return w.field, string(s.shown())
	case urlWay:
		return w.param, string(s.shown())
	}
	return "", ""
}

// URL returns target, a relative reference to a page of the site such as
// "/cart?full=yes", with the session's token in its query, under
// [InsecureURLCarrier]. It is for links, the actions of forms, and redirects.
// What leads elsewhere is returned as it is, and so is an absolute URL, even
// one of this site, and a mere "#fragment". A token that target has already
// is replaced, or taken out when there is none any more. When a session is born
// by it, and what happens if that fails, is as for [Session.FormField]. When
// the session answers by another carrier, every target is returned as it is.
func (s *Session) URL(target string) string {
	w, ok := s.way().(urlWay)
	if !ok || !isLocal(target) {
		return target
	}
	return w.with(target, s.shown())
}

// shown returns the token for a page, and gives birth to the session if it
// has something to keep.
func (s *Session) shown() Token {
	s.mu.Lock()
	unborn := s.phase == phaseNew && !s.nested && !s.isClosed() && !s.desk.idle()
	s.mu.Unlock()
	if unborn {
		ctx := context.Background()
		if s.v != nil {
			ctx = (*lasting)(s.v)
		}
		if err := s.Save(ctx); err != nil {
			s.stick(err)
		}
	}
	return s.Token()
}
