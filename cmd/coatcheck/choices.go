package main

import (
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck/storeurl"
)

// A choice is an error about the command line whose reader needs a list: run
// prints that below the error.
type choice struct {
	error
	among []string
}

// noStore is the error of what is no URL of a store, with the URLs that there
// are.
func noStore(format string, args ...any) error {
	c := choice{error: fmt.Errorf(format, args...)}
	for _, s := range newMux().Schemes() {
		c.among = append(c.among, form(s))
	}
	return c
}

// list is what stands below the error, a line for each choice.
func (c choice) list() string { return "What works is\n  " + strings.Join(c.among, "\n  ") }

// otherNames are what people call some stores, by no slip of the pen.
var otherNames = map[string]string{
	"pg": "postgres", "pgsql": "postgres", "mariadb": "mysql", "valkey": "redis", "valkeys": "rediss", "memory": "mem",
}

// noScheme is the error of a URL whose scheme there is not.
func noScheme(u *storeurl.UnknownError, url string) error {
	for _, s := range newMux().Schemes() {
		if s.Name == otherNames[u.Name] {
			u.Near = form(s)
		}
	}
	if u.Near == "" {
		return noStore("--store %q: there is no store %q", url, u.Name)
	}
	return noStore("--store %q: there is no store %q; is it %s?", url, u.Name, u.Near)
}
