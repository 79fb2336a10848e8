package sqlstore

import (
	"bytes"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// These read columns as drivers hand them over, without a copy more than
// needed. What is not of the column's type was put there by somebody else, and
// is corrupt.

// A blob is a column of bytes. Some drivers call short ones text.
type blob []byte

// Scan implements [database/sql.Scanner].
func (b *blob) Scan(src any) error {
	switch v := src.(type) {
	case []byte:
		*b = bytes.Clone(v)
	case string:
		*b = blob(v)
	default:
		return fmt.Errorf("%w: %T where bytes should be", coatcheck.ErrCorrupt, src)
	}
	return nil
}

// An idBlob is a column of a session's ID.
type idBlob coatcheck.ID

// Scan implements [database/sql.Scanner].
func (id *idBlob) Scan(src any) error {
	var b blob
	if v, ok := src.([]byte); ok {
		b = v
	} else if err := b.Scan(src); err != nil {
		return err
	}
	if len(b) != len(id) {
		return fmt.Errorf("%w: an ID of %d bytes", coatcheck.ErrCorrupt, len(b))
	}
	copy(id[:], b)
	return nil
}

// A number is a column of integers.
type number int64

// Scan implements [database/sql.Scanner].
func (n *number) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%w: %T where an integer should be", coatcheck.ErrCorrupt, src)
	}
	*n = number(v)
	return nil
}

// A row is the columns of one record, in the order of our statements.
type row struct {
	head, data blob
	expires    number
}

// record makes a record of the row.
func (r *row) record(id coatcheck.ID) (*coatcheck.Record, error) {
	rec := &coatcheck.Record{ID: id, Data: r.data, Expires: fromMillis(int64(r.expires))}
	if err := readHead(r.head, rec); err != nil {
		return nil, err
	}
	return rec, nil
}
