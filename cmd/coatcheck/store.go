package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/memstore"
)

// A scheme is a kind of store, as a URL names it: "NAME:REST".
type scheme struct {
	name string
	rest string // what follows the name, for help and errors; "" if nothing may
	gist string
	open func(rest string) (coatcheck.Store, error)
}

// schemes are the stores that openStore knows. A new one is one more row.
func schemes() []scheme {
	return slices.Concat([]scheme{
		{"mem", "", "in memory, gone when the program ends", func(string) (coatcheck.Store, error) {
			return memstore.New(nil), nil
		}},
		{"hash", "FILE", "one file, shared by all programs of this machine that name it", openHash},
		{"file", "DIR", "a file for each session, shared by all programs that name it", func(dir string) (coatcheck.Store, error) {
			return filestore.Open(dir, nil)
		}},
	}, sealedSchemes(), sqlSchemes(), redisSchemes(), farmSchemes())
}

// form is what a URL of the store looks like.
func (s scheme) form() string { return s.name + ":" + s.rest }

// storeNames returns how the URLs of all stores begin.
func storeNames() (names []string) {
	for _, s := range schemes() {
		names = append(names, s.name+":")
	}
	return names
}

// storeURLs lists the stores, as errors name them.
func storeURLs() string {
	var all []string
	for _, s := range schemes() {
		all = append(all, strconv.Quote(s.form()))
	}
	return strings.Join(all, ", ")
}

// storeTable lists the stores, as help names them.
func storeTable() string {
	var b strings.Builder
	for _, s := range schemes() {
		fmt.Fprintf(&b, "  %s\n      %s\n", s.form(), s.gist)
	}
	return b.String()
}

// openStore opens the store that a URL names.
func openStore(url string) (coatcheck.Store, error) {
	name, rest, ok := strings.Cut(url, ":")
	if !ok {
		return nil, fmt.Errorf("--store %q is not a store URL; what works is %s", url, storeURLs())
	}
	for _, s := range schemes() {
		switch {
		case s.name != name:
		case s.rest == "" && rest != "":
			return nil, fmt.Errorf("--store %q: nothing may follow %q", shown(url), name+":")
		case s.rest != "" && rest == "":
			return nil, fmt.Errorf("--store %q: %s is missing behind %q", url, s.rest, name+":")
		default:
			store, err := s.open(rest)
			if err != nil {
				return nil, failed(fmt.Errorf("--store: %w", err))
			}
			return store, nil
		}
	}
	return nil, fmt.Errorf("--store %q: there is no store %q; what works is %s", shown(url), name, storeURLs())
}

// closeStore closes a store that can be closed.
func closeStore(store coatcheck.Store) error {
	if c, ok := store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
