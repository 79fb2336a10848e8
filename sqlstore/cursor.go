package sqlstore

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// maxPage bounds the length of a page, and maxBatch that of a sweep: what it
// deletes is locked for as long as the statement runs.
const (
	maxPage  = 500
	maxBatch = 200
)

// A place is where a sweep goes on: behind an ID in a bucket.
type place struct {
	bucket int64
	id     []byte
}

// start is before all records.
var start = place{bucket: -1 << 62, id: []byte{}}

// after reports whether p comes after q.
func (p place) after(q place) bool {
	return p.bucket > q.bucket || p.bucket == q.bucket && string(p.id) > string(q.id)
}

func (p place) String() string { return fmt.Sprintf("%d:%x", p.bucket, p.id) }

// parsePlace reads what String writes, and "" as the start.
func parsePlace(s string) (place, error) {
	if s == "" {
		return start, nil
	}
	number, rest, _ := strings.Cut(s, ":")
	bucket, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return place{}, errCursor
	}
	id, err := hex.DecodeString(rest) // of whatever length: see batch.meet
	if err != nil {
		return place{}, errCursor
	}
	p := place{bucket, id}
	if p.String() != s {
		return place{}, errCursor
	}
	return p, nil
}

// parseID reads the cursor of List and Owned, the last ID in hexadecimal
// digits. "" is the start, and an ID of no bytes.
func parseID(s string) ([]byte, error) {
	if s == "" {
		return []byte{}, nil
	}
	id, err := coatcheck.ParseID(s)
	if err != nil || hex.EncodeToString(id[:]) != s {
		return nil, errCursor
	}
	return id[:], nil
}

var errCursor = fmt.Errorf("sqlstore: %w: the cursor is not one of this method", coatcheck.ErrInvalid)

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("sqlstore: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}
