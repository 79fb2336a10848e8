package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

// An Error says what is wrong in a file, and where. What is wrong with the text
// is [coatcheck.ErrInvalid]; what went wrong while the store was opened is what
// that has said. It never holds a password.
type Error struct {
	// File is the name of the file, Line and Column are the place in it,
	// counted from 1; Column counts characters.
	File         string
	Line, Column int

	// Field is the field at fault, such as "cookie.name" or
	// "store.durability"; "" if it is the file as a whole.
	Field string

	// Err is what is wrong.
	Err error
}

// Error returns place, field and what is wrong.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "config: %s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// A complaint is an error about the text.
type complaint struct{ error }

// invalid makes a complaint.
func invalid(format string, args ...any) error { return complaint{fmt.Errorf(format, args...)} }

// Is makes every complaint an ErrInvalid.
func (c complaint) Is(target error) bool { return target == coatcheck.ErrInvalid }

// Unwrap returns what the complaint is about.
func (c complaint) Unwrap() error { return c.error }

// about returns what package storeurl has said about the field "store", as an
// error without a place, and the name of the field, "store" or a part of it.
func about(err error) (field string, what error) {
	bad := (*storeurl.Error)(nil)
	switch {
	case !errors.As(err, &bad) || bad.File != "":
		return storeField, err
	case bad.Field == "":
		return storeField, complaint{bad.Err}
	}
	return storeField + "." + bad.Field, complaint{bad.Err}
}
