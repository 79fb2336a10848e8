package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// newVersion returns a version that follows old: a counter in the upper half,
// so that generations can be compared, and 32 random bits in the lower, so
// that a writer recognises its own record after an unknown outcome.
func newVersion(old uint64) uint64 {
	return (old>>32+1)&(1<<31-1)<<32 | uint64(rand.Uint32())
}

// contractErrors are those after which the caller knows that nothing changed.
var contractErrors = [...]error{ErrNotFound, ErrExists, ErrConflict, ErrFull, ErrTooLarge, ErrCorrupt, ErrUnsupported}

// known reports whether err says what happened, as opposed to an unknown
// outcome.
func known(err error) bool {
	for _, e := range contractErrors {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// storeFault counts and reports an error that is not part of a session's
// ordinary life, and returns it.
func (m *Manager) storeFault(ctx context.Context, id ID, err error) error {
	c := caller{m: m}
	return c.fault(ctx, id, err)
}

// fault is storeFault for a caller, whose events may have to wait.
func (c *caller) fault(ctx context.Context, id ID, err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) || errors.Is(err, ErrExists) || errors.Is(err, ErrCorrupt) {
		return err
	}
	c.emit(ctx, Event{Kind: EventStoreError, ID: id, Err: err})
	return &storeError{err}
}

// emit reports an event, or keeps it until the caller's locks are free: who
// gets it may well ask for the session.
func (c *caller) emit(ctx context.Context, e Event) {
	if c.holds {
		c.held = append(c.held, e)
		return
	}
	c.m.emit(ctx, e)
}

// A storeError is an error that is the store's fault, and no program's.
type storeError struct{ err error }

func (e *storeError) Error() string { return "coatcheck: store: " + e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// A caller makes calls to the store, one after the other, for one session.
type caller struct {
	m    *Manager
	call *call         // the context of the next call, or of the one that runs
	now  time.Time     // when the caller last looked at the sessions' clock
	look time.Duration // the same by sinceStart, for the next call; 0: unknown

	sealed bool // the calls are about a sealed session
	holds  bool // a lock is held, so that events wait in held
	held   []Event
}

// clock reads the clock by which sessions expire. If that is the machine's, the
// call that follows at once need not read it again.
func (c *caller) clock() time.Time {
	c.now = c.m.opts.Now()
	if c.m.real {
		c.look = c.now.Sub(start)
	}
	return c.now
}

// scratchCaller returns a caller with its own memory, for work outside a
// session.
func (m *Manager) scratchCaller() caller { return caller{m: m, call: new(call)} }

// begin returns the context of the next call.
func (c *caller) begin(ctx context.Context) *call {
	if c.call.spent() {
		c.call = new(call)
	}
	now := c.look
	if now == 0 {
		now = sinceStart()
	}
	c.look = 0
	c.call.begin(ctx, now, c.m.opts.StoreTimeout)
	return c.call
}

// end ends the call that begin began.
func (c *caller) end() { c.call.end() }

// store returns the store to call. What ends sealed sessions stands in their
// Sealer's, which may be another one.
func (c *caller) store() Store {
	if c.sealed {
		return c.m.sealing.Sealer
	}
	return c.m.store
}

// load returns a record that is whole, live and its own, decoded. Anything
// else is a rejection: an error that wraps ErrNotFound, or ErrCorrupt. Stubs,
// tombs and marks are returned; the caller looks at the state.
func (c *caller) load(ctx context.Context, id ID) (*Record, meta, error) {
	c.m.counts.loads.Add(1)
	rec, err := c.store().Load(c.begin(ctx), id)
	c.end()
	if err != nil {
		return nil, meta{}, c.fault(ctx, id, err)
	}
	if rec == nil {
		return nil, meta{}, c.fault(ctx, id, errors.New("neither a record nor an error came of Load"))
	}
	md, reason := openMeta(rec, id)
	now := c.m.opts.Now()
	c.now = now
	switch {
	case reason != "":
		return nil, meta{}, &rejection{reason, ErrCorrupt}
	case !rec.Live(now):
		c.emit(ctx, Event{Kind: EventExpired, ID: id, Owner: rec.Owner})
		return nil, meta{}, ErrNotFound
	}
	if latest := now.Add(maxSkew); rec.Created.After(latest) || rec.AuthTime.After(latest) {
		return nil, meta{}, &rejection{reasonFuture, ErrNotFound}
	}
	return rec, md, nil
}

// A rejection is an error that carries the reason of its event.
type rejection struct {
	reason string
	err    error
}

func (r *rejection) Error() string { return r.err.Error() + ": " + r.reason }
func (r *rejection) Unwrap() error { return r.err }

// create adds the record that draft makes, under a token that nobody holds yet.
// If its outcome is unknown and it is not there, it may still be on its way,
// and could arrive after its session was destroyed. So it is given up for
// another one, under another token.
func (c *caller) create(ctx context.Context, draft func() (*Record, error)) error {
	var stray ID
	for try := 0; ; try++ {
		rec, err := draft()
		if err != nil {
			return err
		}
		again, err := c.add(ctx, rec)
		switch {
		case err == nil && try > 0:
			// It is only litter, which may also expire by itself.
			_ = c.remove(ctx, stray)
			return nil
		case err == nil, known(err):
			return err
		case !again, try == maxDoubts:
			if lapsed(ctx) {
				// Whoever had no time to wait for the answer had none to
				// ask for it either, but the record may be there.
				_ = c.remove(context.WithoutCancel(ctx), rec.ID)
			}
			return err
		}
		stray = rec.ID
	}
}

// lapsed reports whether ctx has ended, or does in this moment: what ends with it
// may be a little faster.
func lapsed(ctx context.Context) bool {
	d, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(d)
}

// add adds a record. After an unknown outcome it asks; again means that the
// record was not there.
func (c *caller) add(ctx context.Context, rec *Record) (again bool, err error) {
	c.m.counts.saves.Add(1)
	err = c.store().Create(c.begin(ctx), rec)
	c.end()
	switch {
	case err == nil:
		return false, nil
	case known(err):
		return false, c.m.storeFault(ctx, rec.ID, err)
	}
	cur, _, lerr := c.load(ctx, rec.ID)
	if lerr == nil && cur.Version == rec.Version {
		return false, nil
	}
	return errors.Is(lerr, ErrNotFound), c.m.storeFault(ctx, rec.ID, err)
}

// swap replaces the record of version old by rec. After an unknown outcome it
// finds out what happened, by a load and the versions:
//
//   - ours is stored: done;
//   - old is stored: the same again, which is harmless if the first attempt
//     is still on its way, since the version lets only one of them through;
//   - another of the same generation is stored: it replaced old, so ours
//     never will: a conflict;
//   - a later generation is stored: it may stand on ours or not: ErrUncertain.
//
// With ErrConflict it returns what is stored now, if it happens to know.
func (c *caller) swap(ctx context.Context, rec *Record, old uint64) (cur *Record, err error) {
	c.m.counts.saves.Add(1)
	var doubt error // the first unknown outcome
	for try := 0; ; try++ {
		err = c.store().Replace(c.begin(ctx), rec, old)
		c.end()
		switch {
		case err == nil:
			return nil, nil
		case errors.Is(err, ErrNotFound), known(err) && doubt == nil:
			return nil, c.m.storeFault(ctx, rec.ID, err)
		case doubt == nil:
			doubt = c.m.storeFault(ctx, rec.ID, err)
		}
		cur, _, lerr := c.load(ctx, rec.ID)
		switch {
		case errors.Is(lerr, ErrNotFound):
			return nil, ErrNotFound
		case lerr != nil:
			return nil, fmt.Errorf("%w: %w, and then %w", ErrUncertain, doubt, lerr)
		case cur.Version == rec.Version:
			return nil, nil
		case cur.Version>>32 == rec.Version>>32:
			return cur, ErrConflict
		case cur.Version != old || try == maxDoubts:
			// It must not pass for a conflict, even if the second attempt met
			// one: that would be replayed.
			return nil, fmt.Errorf("%w: %w", ErrUncertain, doubt)
		}
	}
}

// maxDoubts is how often a call is repeated that seems to have had no effect.
const maxDoubts = 1

// remove deletes a record.
func (c *caller) remove(ctx context.Context, id ID) error {
	err := c.store().Delete(c.begin(ctx), id)
	c.end()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c.m.storeFault(ctx, id, err)
	}
	return nil
}

// touch moves the idle deadline.
func (c *caller) touch(ctx context.Context, id ID, rec *Record, m *meta) error {
	c.m.counts.touches.Add(1)
	expires := whole(earlier(after(c.m.opts.Now(), m.idle), rec.Deadline))
	err := c.store().Touch(c.begin(ctx), id, expires)
	c.end()
	if err != nil {
		return c.m.storeFault(ctx, id, err)
	}
	return nil
}
