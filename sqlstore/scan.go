package sqlstore

import (
	"bytes"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// These read columns as drivers hand them over, without a copy more than
// needed. What is not of the column's type was put there by somebody else: it
// makes that record corrupt, but does not end the reading of a page.

// A blob is a column of bytes. Some drivers call them text.
type blob struct {
	b   []byte
	bad bool
}

// Scan implements [database/sql.Scanner].
func (c *blob) Scan(src any) error {
	switch v := src.(type) {
	case []byte:
		*c = blob{b: bytes.Clone(v)}
	case string:
		*c = blob{b: []byte(v)}
	default:
		*c = blob{bad: true}
	}
	return nil
}

// A number is a column of integers.
type number struct {
	n   int64
	bad bool
}

// Scan implements [database/sql.Scanner].
func (c *number) Scan(src any) error {
	n, ok := src.(int64)
	*c = number{n, !ok}
	return nil
}

// An idBlob is a column of a session's ID. A page cannot go on behind what is
// none, so that is an error.
type idBlob coatcheck.ID

// Scan implements [database/sql.Scanner].
func (id *idBlob) Scan(src any) error {
	var c blob
	if v, ok := src.([]byte); ok {
		c.b = v // copied below
	} else {
		_ = c.Scan(src)
	}
	if len(c.b) != len(id) {
		return fmt.Errorf("%w: an ID of %d bytes", coatcheck.ErrCorrupt, len(c.b))
	}
	copy(id[:], c.b)
	return nil
}

// A row is the columns of one record, in the order of our statements.
type row struct {
	head, data blob
	expires    number
}

// record makes a record of the row.
func (r *row) record(id coatcheck.ID) (*coatcheck.Record, error) {
	if r.head.bad || r.data.bad || r.expires.bad {
		return nil, fmt.Errorf("%w: a column is not of its type", coatcheck.ErrCorrupt)
	}
	rec := &coatcheck.Record{ID: id, Data: r.data.b, Expires: fromMillis(r.expires.n)}
	if err := readHead(r.head.b, rec); err != nil {
		return nil, err
	}
	return rec, nil
}
