package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// storeURLs are the stores that openStore knows, as help and errors name them.
const storeURLs = `"mem:" (in memory, gone when the program ends)`

// openStore opens the store that a URL names.
func openStore(url string) (coatcheck.Store, error) {
	scheme, rest, ok := strings.Cut(url, ":")
	switch {
	case !ok:
		return nil, fmt.Errorf("--store %q is not a store URL; what works is %s", url, storeURLs)
	case scheme != "mem":
		return nil, fmt.Errorf("--store %q: there is no store %q; what works is %s", url, scheme, storeURLs)
	case rest != "":
		return nil, fmt.Errorf("--store %q: nothing may follow %q", url, "mem:")
	}
	return memstore.New(nil), nil
}

// closeStore closes a store that can be closed.
func closeStore(store coatcheck.Store) error {
	if c, ok := store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
