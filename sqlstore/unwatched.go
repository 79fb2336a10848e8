package sqlstore

import (
	"context"
	"database/sql/driver"
	"sync/atomic"
	"time"
)

// unwatch leaves the end of the context out of sight while a statement runs.
// The wait for a connection ends with the context all the same, unless the
// driver says driver.ErrBadConn of the statement: package sql then waits for
// another one. Whoever takes this way must not say it.
func unwatch(ctx context.Context, args []any) (context.Context, []any) {
	var u struct {
		ctx unwatched
		cue cue
	}
	u.ctx.ctx, u.cue = ctx, cue{args[0], &u.ctx}
	given := make([]any, len(args)) // not in place: the caller may need them again
	given[0] = &u.cue
	copy(given[1:], args[1:])
	return &u.ctx, given
}

// An unwatched context has no Done once its statement has begun. Others may be
// looking at it still, from when the connection was opened.
type unwatched struct {
	ctx   context.Context
	begun atomic.Bool
}

func (c *unwatched) Done() <-chan struct{} {
	if c.begun.Load() {
		return nil
	}
	return c.ctx.Done()
}

func (c *unwatched) Err() error                  { return c.ctx.Err() }
func (c *unwatched) Deadline() (time.Time, bool) { return c.ctx.Deadline() }
func (c *unwatched) Value(key any) any           { return c.ctx.Value(key) }

// A cue is the first argument of a statement. Package sql asks for its value
// when it has the connection, and the statement on it, just before it calls the
// driver.
type cue struct {
	arg any
	ctx *unwatched
}

// Value implements [driver.Valuer].
func (c *cue) Value() (driver.Value, error) {
	c.ctx.begun.Store(true)
	return c.arg, nil
}
