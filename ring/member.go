package ring

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Member is one store of a ring. It is a plain value.
type Member struct {
	// Name stands for the member in all hashing and on every stub: 1 to 64
	// bytes of printable ASCII without spaces. The same name must mean the
	// same records in every process and for ever; the store behind it may
	// move to another machine, with its records, at will.
	Name string

	// Store keeps the records. It is not closed by the ring. It must show
	// what other processes have changed at once: one with a cache of what it
	// has read may lose a session that moves.
	Store coatcheck.Store

	// Weight is the member's part of the whole, above 0: a member of weight
	// 20 gets twice what one of weight 10 gets. Ketama wants whole numbers.
	// A standby has none.
	Weight float64

	// Standby means that the member has no share, but is known: sessions that
	// another process has moved to it are found. Announce a new member to
	// all processes as a standby first, and no visitor meets an error while
	// they learn of its weight one after the other.
	Standby bool
}

// A member is what a ring keeps of a Member, the same in all sets. Store and
// name never change.
type member struct {
	name    string
	store   coatcheck.Store
	caps    coatcheck.Capabilities
	breaker breaker
	timeout time.Duration
	calls   atomic.Int64
	failed  atomic.Int64
}

// A site is a member at one of its epochs.
type site struct {
	*member
	epoch uint64
}

// verdicts are errors by which a store answers; they say nothing against it.
var verdicts = [...]error{
	coatcheck.ErrNotFound, coatcheck.ErrExists, coatcheck.ErrConflict, coatcheck.ErrFull,
	coatcheck.ErrTooLarge, coatcheck.ErrCorrupt, coatcheck.ErrUnsupported, coatcheck.ErrInvalid,
}

func isVerdict(err error) bool {
	for _, v := range verdicts {
		if errors.Is(err, v) {
			return true
		}
	}
	return false
}

// call makes one call to the store, within the ring's own time limit, unless
// the member is known to be down. Only what is the member's fault counts
// against it: neither an answer nor a caller who gives up.
func (m *member) call(ctx context.Context, fn func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.breaker.enter(time.Now()); err != nil {
		return fmt.Errorf("ring: member %q is down: %w", m.name, err)
	}
	m.calls.Add(1)
	inner, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	returned := false
	defer func() {
		if !returned { // a panic, which must not leave a probe under way for ever
			m.breaker.abandon()
		}
	}()
	err := fn(inner)
	returned = true
	switch {
	case err == nil, isVerdict(err):
		m.breaker.succeed()
		return err
	case ctx.Err() != nil:
		m.breaker.abandon()
		return err
	}
	m.failed.Add(1)
	m.breaker.fail(time.Now(), err)
	return fmt.Errorf("ring: member %q: %w", m.name, err)
}

// answers asks the store for something, whatever the breaker says, and lets that
// know.
func (m *member) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	_, err := m.store.Load(ctx, fencesID)
	if err != nil && !isVerdict(err) {
		return false
	}
	m.breaker.succeed()
	return true
}

// place returns what the member has under id.
func (s site) place(ctx context.Context, id coatcheck.ID) (cell, error) {
	var raw *coatcheck.Record
	err := s.call(ctx, func(ctx context.Context) (err error) {
		raw, err = s.store.Load(ctx, id)
		if err == nil && raw == nil {
			err = errors.New("neither a record nor an error came of Load")
		}
		return err
	})
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return cell{}, nil
	case err != nil:
		return cell{}, err
	case raw.ID != id:
		return cell{}, fmt.Errorf("ring: member %q has another session's record under this ID: %w", s.name, coatcheck.ErrCorrupt)
	}
	return read(raw, s.epoch), nil
}

// create adds a record as it is to be stored.
func (s site) create(ctx context.Context, raw *coatcheck.Record) error {
	return s.call(ctx, func(ctx context.Context) error { return s.store.Create(ctx, raw) })
}

// swap replaces what is stored at version old by raw.
func (s site) swap(ctx context.Context, raw *coatcheck.Record, old uint64) error {
	return s.call(ctx, func(ctx context.Context) error { return s.store.Replace(ctx, raw, old) })
}

// put puts raw where had was found, unless that has changed since.
func (s site) put(ctx context.Context, raw *coatcheck.Record, had cell) error {
	switch {
	case had.raw == nil:
		return s.create(ctx, raw)
	case had.kind == kindDying:
		return errMoved // wait until it is removed
	}
	old := had.raw.Version
	if had.raw.Expires.After(raw.Expires) {
		// Replace keeps the later deadline, and a session must not get that of
		// a stub.
		short := had.shortened(s.epoch, raw.Expires)
		if err := s.swap(ctx, short, old); err != nil {
			return err
		}
		old = short.Version
	}
	return s.swap(ctx, raw, old)
}

// touch moves the deadline of what is stored, whatever it is.
func (s site) touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.call(ctx, func(ctx context.Context) error { return s.store.Touch(ctx, id, expires) })
}

// remove deletes what is stored, whatever it is.
func (s site) remove(ctx context.Context, id coatcheck.ID) error {
	return s.call(ctx, func(ctx context.Context) error { return s.store.Delete(ctx, id) })
}

// form returns rec as it is stored here: itself, unless the member has been
// down. Then it carries the epoch, which tells it from what the member had
// before, and another version, so that a change of what was loaded before
// never meets it.
func (s site) form(rec *coatcheck.Record) *coatcheck.Record {
	if s.epoch == 0 {
		return rec
	}
	return enclose(rec, envelope{kind: storedFenced, epoch: s.epoch}, s.version(rec.Version))
}

// version maps a record's version to the stored one, and back.
func (s site) version(v uint64) uint64 { return v ^ mask(s.epoch) }

// mask returns 63 bits that differ from epoch to epoch; those of 0 are none.
func mask(epoch uint64) uint64 {
	if epoch == 0 {
		return 0
	}
	h := epoch * 0x9e3779b97f4a7c15
	h = fold(h^h>>29, 0xbf58476d1ce4e5b9)
	return fold(h^h>>32, 0x94d049bb133111eb) >> 1
}

// is reports whether two sites are the same member.
func (s site) is(o site) bool { return s.name == o.name }
