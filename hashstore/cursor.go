package hashstore

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// A cursor is the place of a record in the order of hashes, which no move of
// the index changes: its hash and its ID, behind which a page begins. As text
// it is hexadecimal, behind the first letter of its method.
type cursor struct {
	hash uint64
	id   coatcheck.ID
}

func (c cursor) text(method byte) string {
	b := binary.BigEndian.AppendUint64(nil, c.hash)
	return string(method) + hex.EncodeToString(append(b, c.id[:]...))
}

// compare orders cursors.
func (c cursor) compare(d cursor) int {
	return cmp.Or(cmp.Compare(c.hash, d.hash), cmp.Compare(string(c.id[:]), string(d.id[:])))
}

var errCursor = fmt.Errorf("hashstore: %w: the cursor is not one of this method", coatcheck.ErrInvalid)

// parseCursor reads what text wrote, and "". begin says that it was that.
func (s *Store) parseCursor(text string, method byte) (c cursor, begin bool, err error) {
	if text == "" {
		return cursor{}, true, nil
	}
	const size = 8 + len(coatcheck.ID{})
	b, err := hex.DecodeString(text[1:])
	if text[0] != method || err != nil || len(b) != size || hex.EncodeToString(b) != text[1:] {
		return c, false, errCursor
	}
	c.hash = binary.BigEndian.Uint64(b)
	c.id = coatcheck.ID(b[8:])
	return c, false, nil
}

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("hashstore: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}
