package demo

import (
	"net/http"
	"strings"
)

// routes returns the site's pages and its routes for tools.
func (site *Site) routes() http.Handler {
	mux := http.NewServeMux()

	site.turns = map[string]http.Handler{
		"/":         site.page("home", site.home),
		"/cart":     site.page("cart", site.cart),
		"/sessions": site.page("sessions", site.sessions),
		"/goodbye":  site.page("goodbye", site.goodbye),
		"/login":    site.page("login", site.loginForm),
	}
	mux.Handle("GET /{$}", site.turns["/"])
	mux.Handle("GET /cart", site.turns["/cart"])
	mux.Handle("GET /sessions", site.turns["/sessions"])
	mux.Handle("GET /goodbye", site.turns["/goodbye"])
	mux.Handle("GET /", http.HandlerFunc(site.lost))
	if site.carrier == byForm { // a link would lose the ticket
		for path := range site.turns {
			exact := strings.TrimSuffix(path, "/")
			if exact != path {
				exact += "/{$}"
			}
			mux.Handle("POST /to"+exact, site.at(path))
		}
	}

	mux.Handle("POST /cart", site.form(site.fillCart))
	mux.Handle("POST /login", site.form(site.login))
	mux.Handle("POST /logout", site.form(site.logout))
	mux.Handle("POST /sessions/revoke", site.form(site.revoke))
	mux.Handle("POST /sessions/others", site.form(site.revokeOthers))

	mux.Handle("GET /style.css", asset("style.css"))
	mux.Handle("GET /live.js", asset("live.js"))
	mux.Handle("GET /favicon.svg", asset("favicon.svg"))

	// Each of these answers in plain text, in one line where nothing else is
	// said, and errors in one line with a status from 400 on.
	mux.HandleFunc("GET /nop", nop)                          // touches no session
	mux.Handle("GET /count", site.tool(count))               // adds one to key count and prints it
	mux.Handle("GET /set", site.tool(set))                   // ?k=&v= sets key k to the string v
	mux.Handle("GET /get", site.tool(get))                   // ?k= prints the value of key k; nothing if there is none
	mux.Handle("GET /keys", site.tool(keys))                 // prints how many keys there are
	mux.Handle("GET /logout", site.tool(leave))              // destroys the session
	mux.Handle("GET /slow", site.tool(site.slow))            // ?ms= reads the session, waits, then sets key slow
	mux.Handle("GET /stream", http.HandlerFunc(site.stream)) // ?n=&ms= sends n lines, ms milliseconds apart
	mux.Handle("GET /big", http.HandlerFunc(site.big))       // reads the session and sends 8 MiB

	mux.Handle("GET /ws", http.HandlerFunc(site.live)) // a WebSocket that follows the session

	// With ?user= a tool logs in; without, a browser asks for the form.
	form, enter := site.turns["/login"], site.tool(enter)
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("user") {
			enter.ServeHTTP(w, r)
			return
		}
		form.ServeHTTP(w, r)
	})
	return mux
}
