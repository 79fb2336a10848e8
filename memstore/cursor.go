package memstore

import (
	"fmt"
	"strconv"

	"github.com/coatcheck/coatcheck"
)

// A cursor is where a page begins: behind a position of a shard. As text it
// has the shard in two hexadecimal digits and the position in sixteen. Sweep
// needs only the shard and Owned only the position.
type cursor struct {
	shard int
	pos   uint64
}

func (c cursor) ofList() string {
	if c.shard == shards {
		return ""
	}
	return fmt.Sprintf("%02x%016x", c.shard, c.pos)
}

func (c cursor) ofSweep() string {
	if c.shard == shards {
		return ""
	}
	return fmt.Sprintf("%02x", c.shard)
}

func (c cursor) ofOwned() string { return fmt.Sprintf("%016x", c.pos) }

// parseCursor reads a cursor that has so many digits for the shard and for the
// position. It accepts only what the functions above write.
func parseCursor(s string, shardDigits, posDigits int) (c cursor, err error) {
	if s == "" {
		return cursor{}, nil
	}
	if len(s) != shardDigits+posDigits {
		return cursor{}, errCursor
	}
	for _, d := range []byte(s) {
		if (d < '0' || d > '9') && (d < 'a' || d > 'f') {
			return cursor{}, errCursor
		}
	}
	// Digits of this number cannot be wrong any more.
	shard, _ := strconv.ParseUint("0"+s[:shardDigits], 16, 64)
	pos, _ := strconv.ParseUint("0"+s[shardDigits:], 16, 64)
	return cursor{int(shard), pos}, nil
}

var errCursor = fmt.Errorf("memstore: %w: the cursor is not one of this method", coatcheck.ErrInvalid)

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("memstore: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}
