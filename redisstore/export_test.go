package redisstore

import (
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// ParseURL returns what a URL says: its shape, servers and the rest.
func ParseURL(url string) (shape int, tls bool, addrs []string, master string, db int, username, password string, err error) {
	t, err := parse(url)
	return int(t.shape), t.tls, t.addrs, t.master, t.db, t.username, t.password, err
}

// ParseRecord makes a record of its fields.
func ParseRecord(id coatcheck.ID, expires, head string, data []byte) (*coatcheck.Record, error) {
	return parseRecord(id, expires, []byte(head), data)
}

// Head returns the field "head" of a record.
func Head(rec *coatcheck.Record) string { return head(rec) }

// SweepCursor returns what a cursor of Sweep says, and its text made anew.
func SweepCursor(text string) (addr, again string, err error) {
	c, err := parseSweepCursor(text)
	return c.addr, fmt.Sprint(c), err
}

// Frames feeds pieces of one direction of a connection, and returns the types of
// the outermost values that have ended.
func Frames(pieces ...[]byte) (whole string, err error) {
	var f frames
	for _, p := range pieces {
		if err := f.feed(p, func(typ byte) error { whole += string(typ); return nil }); err != nil {
			return whole, err
		}
	}
	return whole, nil
}
