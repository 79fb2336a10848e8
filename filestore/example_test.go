package filestore_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// Sessions that outlive the program, and that several programs share.
func ExampleOpen() {
	parent, err := os.MkdirTemp("", "shop")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)

	store, err := filestore.Open(filepath.Join(parent, "sessions"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	// ... serve m.Handler(mux) until it is time to go ...

	fmt.Println("good night")
	// Output: good night
}
