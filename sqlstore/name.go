package sqlstore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

// The greatest lengths of names in bytes. PostgreSQL cuts off what is longer
// than 63, without an error; a table's indexes need some for themselves.
const (
	maxName  = 63
	maxTable = maxName - len("_bucket")
)

// checkName returns an error for a name that a database, or what puts names
// into our statements, might take for something else. Names are quoted all the
// same.
func checkName(field, name string, limit int) error {
	strange := func(r rune) bool {
		return unicode.IsControl(r) || strings.ContainsRune("\"'`\\;.?@", r) || r == utf8.RuneError
	}
	if name == "" || len(name) > limit || strings.ContainsFunc(name, strange) || strings.TrimSpace(name) != name {
		return fmt.Errorf("sqlstore: %w: %s is %q; a name has 1 to %d bytes without quotes, dots, semicolons, question marks, at signs, backslashes, control characters, or spaces around it",
			coatcheck.ErrInvalid, field, name, limit)
	}
	return nil
}

// checkTable is checkName for a table, which may have a schema before it.
func checkTable(field, name string) error {
	if schema, table, found := strings.Cut(name, "."); found {
		if err := checkName(field, schema, maxName); err != nil {
			return err
		}
		name = table
	}
	return checkName(field, name, maxTable)
}

// quote makes a name of a dialect.
func (d Dialect) quote(name string) string {
	mark := `"`
	if d == MySQL {
		mark = "`"
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// quoteTable is quote for a table, which may have a schema before it.
func (d Dialect) quoteTable(name string) string {
	schema, table, found := strings.Cut(name, ".")
	if !found {
		return d.quote(name)
	}
	return d.quote(schema) + "." + d.quote(table)
}
