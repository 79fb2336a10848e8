package demo

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"net/http"
	"time"
)

//go:embed static
var assetFiles embed.FS

// asset returns the handler of a static file. Browsers ask each time whether
// it has changed, and get it again only then.
func asset(name string) http.Handler {
	body, err := assetFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err) // the name is a constant, the file part of the program
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}
