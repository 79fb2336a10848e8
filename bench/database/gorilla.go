package main

import (
	"net/http"

	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/gorilla/sessions"
)

// openGorilla opens gorilla/sessions with one file per session.
func openGorilla(p place) (http.Handler, error) {
	dir, err := p.directory("gorilla")
	if err != nil {
		return nil, err
	}
	store := sessions.NewFilesystemStore(dir, pages.GorillaKey())
	store.MaxLength(1 << 20)
	return pages.Gorilla(store), nil
}
