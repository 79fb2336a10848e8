// Package exit says with which code the program ends. Scripts build on the
// codes, so they never change.
package exit

import (
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net"
	"syscall"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/nats-io/nats.go"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// A Code is what the program tells the one who called it.
type Code int

// The codes. What a signal interrupts ends with 128 and the signal's number,
// as the shell counts.
const (
	OK          Code = 0 // all is well
	Failed      Code = 1 // an error that is none of those below
	Usage       Code = 2 // the command line makes no sense
	NotFound    Code = 3 // there is no such session, or no such store
	Busy        Code = 4 // it exists already, or somebody else is at it
	Unreachable Code = 5 // the store does not answer
	Corrupt     Code = 6 // what is stored is damaged
	Partial     Code = 7 // a part was done
	Interrupted Code = 130
)

// A coded error carries its code with it.
type coded struct {
	error
	code Code
}

func (c *coded) Unwrap() error { return c.error }

// With returns err with the code that it ends the program with; nil stays nil.
func With(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &coded{err, code}
}

// Of returns the code of an error: the one given by [With], or what the error
// says by its type.
func Of(err error) Code {
	var c *coded
	switch {
	case err == nil:
		return OK
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, new(*ring.PartialError)):
		return Partial
	case errors.Is(err, coatcheck.ErrCorrupt), databaseCorrupt(err):
		return Corrupt
	case errors.Is(err, coatcheck.ErrNotFound), errors.Is(err, fs.ErrNotExist), LacksDatabase(err):
		return NotFound
	case busy(err):
		return Busy
	case unreachable(err):
		return Unreachable
	}
	return Failed
}

// busy reports whether somebody else is in the way.
func busy(err error) bool {
	return errors.Is(err, coatcheck.ErrExists) || errors.Is(err, coatcheck.ErrConflict) ||
		errors.Is(err, syscall.EWOULDBLOCK) || databaseBusy(err)
}

// unreachable reports whether the store does not answer.
func unreachable(err error) bool {
	var op *net.OpError
	var network net.Error
	switch {
	case errors.As(err, &op):
		return op.Op != "listen"
	case errors.As(err, &network) && network.Timeout(), errors.As(err, new(*net.DNSError)), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, new(*memcache.ConnectTimeoutError)),
		errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, syscall.ECONNREFUSED):
		return true
	}
	return databaseDown(err)
}
