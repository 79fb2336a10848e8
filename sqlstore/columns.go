package sqlstore

import (
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// Columns are the names of a table's columns. The zero value stands for the
// names that the fields' comments begin with. Times are whole milliseconds
// since 1970, UTC.
type Columns struct {
	ID       string // id: the 32 bytes of the session's ID, the primary key
	Owner    string // owner: the account's bytes; null for an anonymous session
	Data     string // data: the session's values, JSON unless a codec says otherwise
	Head     string // head: the record's other fields, in a form of this package's own
	Deadline string // deadline: when the session ends whatever happens
	Expires  string // expires: when it ends unless it is used
	Bucket   string // bucket: the hour of expires, counted since 1970, for the sweep's index
	Version  string // version: the record's version
}

// A column is a name with what it stands for.
type column struct {
	field string // of Columns
	token string // in the text of our statements
	name  *string
}

// all returns the columns in the order of the table's definition.
func (c *Columns) all() []column {
	return []column{
		{"ID", "id", &c.ID},
		{"Owner", "owner", &c.Owner},
		{"Data", "data", &c.Data},
		{"Head", "head", &c.Head},
		{"Deadline", "deadline", &c.Deadline},
		{"Expires", "expires", &c.Expires},
		{"Bucket", "bucket", &c.Bucket},
		{"Version", "version", &c.Version},
	}
}

// filled returns the names with the defaults put in.
func (c Columns) filled() Columns {
	for _, col := range c.all() {
		if *col.name == "" {
			*col.name = col.token
		}
	}
	return c
}

// check returns an error for a name that no column can have.
func (c Columns) check() error {
	taken := map[string]string{}
	for _, col := range c.all() {
		field := "Options.Columns." + col.field
		if err := checkName(field, *col.name, maxName); err != nil {
			return err
		}
		folded := strings.ToLower(*col.name)
		if other := taken[folded]; other != "" {
			return fmt.Errorf("sqlstore: %w: %s and Options.Columns.%s are both %q", coatcheck.ErrInvalid, field, other, *col.name)
		}
		taken[folded] = col.field
	}
	return nil
}
