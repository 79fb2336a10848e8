package coatcheck

import (
	"errors"
	"net/http"
	"time"
)

// FreshWithin reports whether the session's owner logged in less than d ago:
// ask it before what a stolen or forgotten session must not do, such as a
// change of the password, and send whoever is not fresh to log in again. A
// [Session.Login] of the same owner keeps the values. It is false if nobody is
// logged in, if nobody knows when that was (see [Manager.NewRecord]), and for d
// ≤ 0.
func (s *Session) FreshWithin(d time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d <= 0 || s.rec == nil || s.rec.Owner == "" || s.rec.AuthTime.IsZero() {
		return false // a login may lie in the future, by another machine's clock
	}
	return s.m.opts.Now().Sub(s.rec.AuthTime) < d
}

// AuthOptions say whom [Manager.RequireAuth] lets through, and what it answers
// the others. The zero value, like a nil pointer, lets everybody through who is
// logged in, and answers 401 or 403.
type AuthOptions struct {
	// FreshWithin lets only those through whose login is less than this ago,
	// see [Session.FreshWithin]. Default 0: however long ago; below that,
	// nobody.
	FreshWithin time.Duration

	// Redirect returns the URL of the page to log in at, to which those are
	// sent who are not let through, by 303. stale tells those who are logged in,
	// but not freshly. If it returns "", the answer is the other one: for
	// scripts, and where a request's body would be lost. A URL that carries
	// where to return to is the client's input: let the page go back to paths of
	// the site only. Default: nobody is sent.
	Redirect func(r *http.Request, stale bool) string

	// Refuse answers those who are neither let through nor sent. The response
	// says no-store already. Default: one plain line, 401 with a
	// WWW-Authenticate header ("Bearer" where that is a carrier, else "Session")
	// for those who are not logged in, 403 for those who are stale.
	Refuse func(w http.ResponseWriter, r *http.Request, stale bool)
}

// RequireAuth returns a handler that calls next only if an owner is logged in
// to the request's session of this manager, and freshly so if opts ask for it;
// nil opts are the zero value. It asks once, when the request begins, and holds
// for every method alike.
//
// It must be inside [Manager.Handler]: outside, it answers every request by
// Options.ErrorHandler with [ErrNoHandler], which is a 500, and logs that. A
// session that cannot be loaded is an error, too, and no reason to let anybody
// through.
func (m *Manager) RequireAuth(next http.Handler, opts *AuthOptions) http.Handler {
	g := &guard{m: m, next: next}
	if opts != nil {
		g.opts = *opts
	}
	if g.opts.Refuse == nil {
		g.opts.Refuse = m.refuseAuth
	}
	return g
}

// A guard is what RequireAuth returns.
type guard struct {
	m    *Manager
	next http.Handler
	opts AuthOptions
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, err := g.m.FromContext(r.Context())
	if err != nil {
		if errors.Is(err, ErrNoHandler) {
			g.m.opts.Logger.ErrorContext(r.Context(), "coatcheck: RequireAuth is outside of Handler: wrap what it returns, or the mux that it is in, with Manager.Handler")
		}
		g.m.opts.ErrorHandler(w, r, err)
		return
	}
	in := s.Owner() != ""
	if in && (g.opts.FreshWithin == 0 || s.FreshWithin(g.opts.FreshWithin)) {
		g.next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if g.opts.Redirect != nil {
		if url := g.opts.Redirect(r, in); url != "" {
			http.Redirect(w, r, url, http.StatusSeeOther)
			return
		}
	}
	g.opts.Refuse(w, r, in)
}

// refuseAuth is the default of AuthOptions.Refuse. RFC 9110, section 15.5.2,
// wants a challenge with every 401; there is no registered one for cookies.
func (m *Manager) refuseAuth(w http.ResponseWriter, _ *http.Request, stale bool) {
	if stale {
		http.Error(w, "Please log in again: this needs a fresh login.", http.StatusForbidden)
		return
	}
	challenge := "Session"
	if m.carried != nil && m.carried.bearer {
		challenge = "Bearer"
	}
	w.Header().Set("WWW-Authenticate", challenge)
	http.Error(w, "Please log in.", http.StatusUnauthorized)
}
