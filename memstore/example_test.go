package memstore_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// Sessions that live as long as the program.
func ExampleNew() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	http.ListenAndServe("127.0.0.1:8080", m.Handler(http.NotFoundHandler()))
}

// Sessions that outlive the program. The last snapshot is written by Close, so
// it is worth an orderly end.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	store, err := memstore.Open(filepath.Join(dir, "sessions"), &memstore.Options{
		MaxSessions:      20_000,
		SnapshotInterval: 10 * time.Second, // what a crash may cost
	})
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}

	// ... serve m.Handler(mux) until it is time to go ...

	m.Close()
	if err := store.Close(); err != nil {
		log.Print("sessions are lost: ", err)
	}
	fmt.Println("good night")
	// Output: good night
}
