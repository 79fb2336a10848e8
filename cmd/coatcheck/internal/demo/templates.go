package demo

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed pages/*.html
var pageFiles embed.FS

// parsePages parses the templates: each page with the layout around it.
func parsePages() (map[string]*template.Template, error) {
	pages := make(map[string]*template.Template)
	for _, name := range []string{"home", "login", "goodbye", "cart", "sessions", "fault"} {
		t, err := template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html")
		if err != nil {
			return nil, err
		}
		pages[name] = t
	}
	return pages, nil
}

// send sends a page. It is written as a whole or not at all. No browser keeps a
// copy: after a logout its back button would show what the account had.
func (site *Site) send(w http.ResponseWriter, status int, name string, v *view) {
	var b bytes.Buffer
	if err := site.pages[name].ExecuteTemplate(&b, "layout.html", v); err != nil {
		http.Error(w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
