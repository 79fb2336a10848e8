package demo

import "net/http"

// policy allows the site's own style sheet, script, WebSocket, icon and forms,
// and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// hardened adds the headers that keep browsers from doing more with an answer
// than it is meant for.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// crossSite reports whether a browser sends r on behalf of another site, a
// plain GET too. The guard lets every GET pass, as GETs should change nothing;
// the routes for tools do.
func (site *Site) crossSite(r *http.Request) bool {
	as := *r
	as.Method = http.MethodPost
	return site.guard.Check(&as) != nil
}

// foreign answers a request that another site's page made a browser send.
func (site *Site) foreign(w http.ResponseWriter, r *http.Request) {
	site.refuse(w, r, &complaint{http.StatusForbidden, "This request came from another site, so it was refused."})
}
