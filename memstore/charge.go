package memstore

import (
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// overhead is what a record takes besides its own bytes: the structures around
// it and its places in the map, the agenda, the order and the owner index. A
// test compares it with the heap.
const overhead = 512

// maxRecord bounds the bytes of one record, whatever the limits are: the
// lengths in a snapshot have 32 bits.
const maxRecord = 1 << 30

// A charge is what one record takes from the budget. The zero charge is that
// of no record.
type charge struct {
	bytes int64
	guest bool
}

func chargeOf(rec *coatcheck.Record) charge {
	return charge{overhead + int64(len(rec.Owner)+len(rec.Data)+len(rec.Meta)), isGuest(rec)}
}

// isGuest reports whether a record may be evicted to make room: nobody has
// logged in to it, ever. A record without an owner that has an AuthTime is
// what is left of a login and stays until its end.
func isGuest(rec *coatcheck.Record) bool {
	return rec.Owner == "" && rec.AuthTime.IsZero()
}

// sessions returns how many records c is for.
func (c charge) sessions() int64 {
	if c.bytes == 0 {
		return 0
	}
	return 1
}

// guests returns the part of c that may be evicted.
func (c charge) guests() charge {
	if c.guest {
		return c
	}
	return charge{}
}

// members returns the part of c that may not.
func (c charge) members() charge {
	if c.guest {
		return charge{}
	}
	return c
}

// within returns an error if c takes more than most bytes.
func (c charge) within(most int64) error {
	if c.bytes > most {
		return fmt.Errorf("memstore: the record takes %d bytes of at most %d: %w", c.bytes, most, coatcheck.ErrTooLarge)
	}
	return nil
}
