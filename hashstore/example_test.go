package hashstore_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// Sessions in one file, which all processes of the machine share.
func Example() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := hashstore.Open(filepath.Join(dir, "sessions"), &hashstore.Options{
		MaxSessions: 1_000_000,
		Durability:  hashstore.Always(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_ = m.Handler(http.NotFoundHandler()) // for http.ListenAndServe

	st, err := store.Stat(context.Background())
	fmt.Println(st.Records, err)
	// Output: 0 <nil>
}
