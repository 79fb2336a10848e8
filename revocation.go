package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// revocationLeast is how long what ends sessions is kept at least where their own
// deadlines are not known: timeouts may have been longer when they began, and
// may be again. No browser keeps a cookie for longer.
const revocationLeast = 400 * 24 * time.Hour

// revocationSlack is how much longer than a session what ends it is kept, for
// clocks that differ.
const revocationSlack = 2 * maxSkew

// errJustRenewed is why a token that was replaced a moment ago opens nothing:
// a request that still carries it must not touch its successor's cookie.
var errJustRenewed = &rejection{reasonReplaced, ErrNotFound}

// revocation makes the record that ends a sealed session: a stub or a tomb under
// its ID, kept until the session would have ended anyway. Among those who
// renew and destroy one session, the one who creates it decides.
func (c *caller) revocation(old *Record, st state) *Record {
	now := whole(c.m.opts.Now())
	end := earlier(forever, old.Deadline.Add(revocationSlack))
	// With an AuthTime, stores that make room by ending anonymous sessions
	// leave it alone.
	rec := &Record{ID: old.ID, Created: now, AuthTime: now, Deadline: end, Expires: end, Version: newVersion(0)}
	md := meta{state: st, idle: NoTimeout}
	rec.Meta = md.append(nil, rec.ID)
	seal(rec)
	return rec
}

// revoke ends a sealed session. If that was ended before, it returns how.
func (c *caller) revoke(ctx context.Context, old *Record, st state) (was state, err error) {
	if !c.m.sealing.Revocable() {
		return stateLive, nil
	}
	rec := c.revocation(old, st)
	for try := 0; ; try++ {
		again, err := c.add(ctx, rec)
		switch {
		case err == nil:
			return stateLive, nil
		case errors.Is(err, ErrExists):
			return c.revoked(ctx, rec)
		case known(err) && try == 0:
			return stateLive, err
		case !again, try == maxDoubts:
			// It may be on its way still, and end the session later.
			return stateLive, fmt.Errorf("%w: %w", ErrUncertain, err)
		}
	}
}

// revoked looks at the revocation that stands where rec was to be put. It may
// be rec itself, after an answer that got lost.
func (c *caller) revoked(ctx context.Context, rec *Record) (was state, err error) {
	cur, md, err := c.load(ctx, rec.ID)
	var r *rejection
	switch {
	case err == nil && cur.Version == rec.Version:
		return stateLive, nil
	case err == nil:
		return md.state, nil
	case errors.As(err, &r), errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return stateTomb, nil
	}
	return stateLive, err
}

// alive returns why a sealed session that was opened must not be used, nil if
// it may. What cannot be read counts as a revocation.
func (c *caller) alive(ctx context.Context, rec *Record) error {
	if !c.m.sealing.Revocable() {
		return nil
	}
	end, md, err := c.load(ctx, rec.ID)
	switch {
	case err == nil && md.state == stateStub && c.m.opts.Now().Sub(end.Created) < restLife:
		return errJustRenewed
	case err == nil && md.state == stateStub:
		return &rejection{reasonReplaced, ErrNotFound}
	case err == nil:
		return &rejection{reasonRevoked, ErrNotFound}
	}
	if err := none(err); err != nil {
		return err
	}
	e, err := c.loadEpoch(ctx, rec.Owner)
	if err == nil && !e.allows(rec) {
		return &rejection{reasonRevoked, ErrNotFound}
	}
	return err
}

// none returns nil for the error of a load that says that there is no record, as
// opposed to one that cannot be read or is not believed.
func none(err error) error {
	if err == ErrNotFound {
		return nil // most stores return it bare, and this is every request's way
	}
	var r *rejection
	switch {
	case errors.As(err, &r):
		return &rejection{r.reason, ErrCorrupt}
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// still is alive for a session in use: if it has ended, the answer is ErrGone.
func (c *caller) still(ctx context.Context, rec *Record) error {
	if !rec.Live(c.m.opts.Now()) {
		return ErrGone
	}
	return c.m.lost(ctx, rec.ID, c.alive(ctx, rec))
}

// entombSealed is entomb for a sealed session.
func (c *caller) entombSealed(ctx context.Context, rec *Record) error {
	was, err := c.revoke(ctx, rec, stateTomb)
	if err == nil && was == stateStub {
		return ErrGone
	}
	return err
}

// destroySealed ends the sealed session of an ID, of which nothing else is
// known.
func (m *Manager) destroySealed(ctx context.Context, id ID) error {
	if !m.sealing.Revocable() {
		return errUnrevocable
	}
	c := m.scratchCaller()
	c.sealed = true
	if err := c.entombSealed(ctx, &Record{ID: id, Deadline: m.forgetting(m.opts.Now(), m.opts.longest())}); err != nil {
		return err
	}
	m.hub.lost(id, ErrDestroyed)
	m.emit(ctx, Event{Kind: EventDestroyed, ID: id})
	return nil
}

// revocationEnd is until when what ends all sessions of an owner must be kept.
func (m *Manager) revocationEnd(now time.Time) time.Time {
	return earlier(forever, m.forgetting(now, m.opts.longest()).Add(revocationSlack))
}

// forgetting is when sessions that began before now have ended, whatever the
// timeouts were then.
func (m *Manager) forgetting(now time.Time, absolute time.Duration) time.Time {
	if absolute != NoTimeout {
		absolute = max(absolute, revocationLeast)
	}
	return whole(after(now, absolute))
}
