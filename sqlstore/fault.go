package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/coatcheck/coatcheck"
)

// errBusy means that others changed a row each time that we looked at it.
var errBusy = errors.New("the record kept changing")

// errReplaced means that a prepared statement was, before it was used.
var errReplaced = errors.New("the prepared statement was replaced")

// A purpose says what a statement is for.
type purpose bool

const (
	reading purpose = true  // it changes nothing, and may be repeated whatever happened
	writing purpose = false // it may be repeated only if it has certainly had no effect
)

// maxTries bounds how often a statement is tried where the context does not,
// and maxLost how often a query that lost its connection is: when a server has
// ended them all at once, a pool may hand out many before one that lives.
const (
	maxTries = 200
	maxLost  = 60
)

// maxPause is the longest pause between two tries.
const maxPause = 20 * time.Millisecond

// write makes a change: it tries until the database has taken it, or refused
// it, or has left open which.
func (s *Store) write(ctx context.Context, name string, change func() error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	var before error // why it is being tried again
	for try := 0; ; try++ {
		err := change()
		if err == nil {
			return nil
		}
		if !s.again(ctx, try, err, writing) {
			if before != nil && ctx.Err() != nil && !isTransient(err) {
				err = fmt.Errorf("%w, after %d attempts: %w", err, try, before)
			}
			return s.failed(ctx, name, err)
		}
		before = err
	}
}

// again reports whether to try again, after a pause.
func (s *Store) again(ctx context.Context, try int, err error, p purpose) bool {
	repeat := isTransient(err) && try < maxTries || p == reading && isLost(err) && try < maxLost
	if !repeat {
		return false
	}
	pause := rand.N(min(time.Millisecond<<min(try, 10), maxPause)) + 1
	s.opts.Logger.DebugContext(ctx, "sqlstore: a statement is repeated", "try", try+1, "pause", pause, "error", err)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// failed makes of a driver's error what a store returns. What it does not
// recognise it passes on: then nobody knows what has happened.
func (s *Store) failed(ctx context.Context, name string, err error) error {
	switch {
	case errors.Is(err, errClosed):
		return errClosed
	case isContract(err):
		return fmt.Errorf("sqlstore: %s: %w", name, err)
	case errors.Is(err, sql.ErrNoRows):
		return coatcheck.ErrNotFound
	case isFull(err):
		s.refused.Add(1)
		return fmt.Errorf("sqlstore: %s: %w: %w", name, coatcheck.ErrFull, err)
	case isTooLarge(err):
		return fmt.Errorf("sqlstore: %s: %w: %w", name, coatcheck.ErrTooLarge, err)
	case isMissing(err):
		return fmt.Errorf("sqlstore: %s: %w (Store.Migrate makes the table and the columns)", name, err)
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("sqlstore: %s: %w: %w", name, ctx.Err(), err)
	}
	return fmt.Errorf("sqlstore: %s: %w", name, err)
}

// isContract reports whether err is part of a store's vocabulary already.
func isContract(err error) bool {
	for _, known := range [...]error{coatcheck.ErrNotFound, coatcheck.ErrExists, coatcheck.ErrConflict, coatcheck.ErrCorrupt, coatcheck.ErrInvalid} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// isTransient reports whether a statement has had no effect, and may have one
// if it is repeated.
func isTransient(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, errReplaced) {
		return true // nothing was sent
	}
	switch c := codeOf(err); c.kind {
	case sqlState:
		return c.state == "40001" || c.state == "40P01" || c.state == "55P03" || isStale(err)
	case mysqlNumber:
		return isStale(err) || c.number == 1213 || c.number == 1205 || c.number == 1020
	case sqliteCode:
		return c.number&0xff == 5 || c.number&0xff == 6
	}
	return err != nil && (strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "database table is locked"))
}

// isStale reports whether a prepared statement was refused for being one: it
// would answer now with columns of other types, since the table was altered; or
// the server has forgotten it, because of a DISCARD ALL or of what stands between.
func isStale(err error) bool {
	switch c := codeOf(err); c.kind {
	case sqlState:
		return c.state == "26000" || c.state == "0A000" && strings.Contains(err.Error(), "cached plan")
	case mysqlNumber:
		return c.number == 1243 || c.number == 1615
	}
	return false
}

// isLost reports whether the connection was lost, or is about to be.
func isLost(err error) bool {
	switch c := codeOf(err); c.kind {
	case sqlState:
		return strings.HasPrefix(c.state, "08") || strings.HasPrefix(c.state, "57P")
	case mysqlNumber:
		return c.number == 1053 || c.number == 1927 || c.number == 2006 || c.number == 2013
	}
	for _, lost := range [...]error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return strings.Contains(err.Error(), "invalid connection")
}

// isDuplicate reports whether an insert met a row with the same key.
func isDuplicate(err error) bool {
	c := codeOf(err)
	return c.kind == mysqlNumber && c.number == 1062
}

// isFull reports whether a statement was refused for want of room.
func isFull(err error) bool {
	switch c := codeOf(err); c.kind {
	case sqlState:
		return c.state == "53100"
	case mysqlNumber:
		return c.number == 1114 || c.number == 1021
	case sqliteCode:
		return c.number&0xff == 13
	}
	return false
}

// isTooLarge reports whether a statement was refused for its size.
func isTooLarge(err error) bool {
	switch c := codeOf(err); c.kind {
	case sqlState:
		return c.state == "54000"
	case mysqlNumber:
		return c.number == 1153 || c.number == 1406
	case sqliteCode:
		return c.number&0xff == 18
	}
	text := err.Error() // of the driver, or of the server, which has no number for it
	return strings.Contains(text, "packet for query is too large") || strings.Contains(text, "longer than 'max_allowed_packet'")
}

// isMissing reports whether there is no such table or column.
func isMissing(err error) bool {
	switch c := codeOf(err); c.kind {
	case sqlState:
		return c.state == "42P01" || c.state == "42703"
	case mysqlNumber:
		return c.number == 1146 || c.number == 1054
	}
	text := err.Error()
	return strings.Contains(text, "no such table") || strings.Contains(text, "no such column") || strings.Contains(text, "has no column named")
}
