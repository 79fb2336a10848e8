package storeurl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// ErrAbsent means that there is nothing yet where a URL says that a store is, and
// that [Options.MustExist] forbids to make it.
var ErrAbsent = errors.New("there is no store")

// An Error says what is wrong with a URL, or with JSON that says the same. It
// is [coatcheck.ErrInvalid], and never holds a password.
type Error struct {
	// URL is the URL at fault, without passwords and parameters; "" if it is
	// not a URL that is wrong.
	URL string

	// File, Line and Column are the place in a file, or in the text given to
	// [Mux.ParseJSON], which has no name. Line and Column count from 1;
	// Column counts characters. Zero if the place is not in JSON.
	File         string
	Line, Column int

	// Field is the parameter or JSON field at fault, such as "durability" or
	// "members[1].store"; "" if it is the whole.
	Field string

	// Err is what is wrong there.
	Err error
}

// Error returns the place and what is wrong.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("storeurl: ")
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.File != "":
		b.WriteString(e.File + ": ")
	case e.Line > 0:
		fmt.Fprintf(&b, "%d:%d: ", e.Line, e.Column)
	case e.URL != "":
		fmt.Fprintf(&b, "%q: ", e.URL)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns [coatcheck.ErrInvalid] and what is wrong.
func (e *Error) Unwrap() []error { return []error{coatcheck.ErrInvalid, e.Err} }
