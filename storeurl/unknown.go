package storeurl

import (
	"fmt"

	"github.com/coatcheck/coatcheck/internal/nearest"
)

// An UnknownError is the Err of an [*Error] about a URL whose scheme there is
// not. It is a plain value.
type UnknownError struct {
	// Name is what stands in the place of the scheme.
	Name string

	// Near is what URLs of the scheme look like whose name is nearest, such
	// as "hash:FILE"; "" if none is near.
	Near string

	known []string
}

// Error returns what is wrong, and which schemes there are.
func (e *UnknownError) Error() string {
	hint := ""
	if e.Near != "" {
		hint = fmt.Sprintf(" (is it %q?)", e.Near)
	}
	return fmt.Sprintf("there is no store %q%s; what works is %s", e.Name, hint, list(e.known, "and"))
}

// unknown is the error of a scheme that there is not.
func (m *Mux) unknown(name string) error {
	e := &UnknownError{Name: name, known: m.names()}
	if near := m.scheme(nearest.Name(name, e.known)); near != nil {
		e.Near = near.form()
	}
	return e
}

// names are what the URLs of all schemes begin with. Their forms would fill a
// page.
func (m *Mux) names() (all []string) {
	for _, s := range m.schemes {
		all = append(all, s.Name)
	}
	return all
}
