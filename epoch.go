package coatcheck

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
)

// An epoch is a record without a session. It ends all sealed sessions of an
// owner: each carries, in the lower half of its version, the number of the
// epoch in which its owner logged in, and opens only while that is the
// owner's number still. No clock has a say. Before the first DestroyOwner, and
// when the last one is so long ago that nothing from before it can be live, there is
// no epoch, and any number will do.
//
// Sessions that DestroyOwner was told to spare stand in the epoch's data,
// each with the number that it must carry: what an earlier epoch has ended, no
// later one revives.
type epoch struct {
	number uint32 // 0 is no epoch
	spared []byte // entries of sparedLen
	rec    *Record
}

const (
	epochHead = 4                 // the number
	sparedLen = len(ID{}) + 4     // an ID and its number; 0 is any
	maxSpared = 64                // entries
	lowerHalf = uint64(1<<32 - 1) // of a version
)

// errUnrevocable is what a manager of sealed sessions without a place for
// revocations says.
var errUnrevocable = fmt.Errorf("%w: these sessions are sealed and cannot be revoked; give the store a revoker", ErrUnsupported)

// epochID is where an owner's epoch stands, the same for all managers on a
// store.
func epochID(owner string) ID { return sha256.Sum256([]byte("cc1/epoch:" + owner)) }

// loadEpoch reads an owner's epoch. One that cannot be read is a rejection.
func (c *caller) loadEpoch(ctx context.Context, owner string) (epoch, error) {
	if owner == "" || !c.m.sealing.Revocable() {
		return epoch{}, nil
	}
	rec, md, err := c.load(ctx, epochID(owner))
	switch {
	case err != nil:
		return epoch{}, none(err)
	case !isEpoch(rec, &md):
		return epoch{}, &rejection{reasonCorrupt, ErrCorrupt}
	}
	return epoch{binary.BigEndian.Uint32(rec.Data), rec.Data[epochHead:], rec}, nil
}

func isEpoch(rec *Record, md *meta) bool {
	return md.state == stateMark && len(rec.Data) >= epochHead && (len(rec.Data)-epochHead)%sparedLen == 0
}

// allows reports whether a session is not from before the epoch, or was
// spared.
func (e *epoch) allows(rec *Record) bool {
	mine := uint32(rec.Version & lowerHalf)
	if e.number == 0 || mine == e.number {
		return true
	}
	base, ok := e.spares(rec.ID)
	return ok && (base == 0 || base == mine)
}

// spares returns the number that a spared session must carry.
func (e *epoch) spares(id ID) (base uint32, ok bool) {
	for rest := e.spared; len(rest) >= sparedLen; rest = rest[sparedLen:] {
		if ID(rest[:len(id)]) == id {
			return binary.BigEndian.Uint32(rest[len(id):]), true
		}
	}
	return 0, false
}

// next returns the epoch that follows and spares only the given sessions.
func (e *epoch) next(except []ID) epoch {
	n := epoch{number: e.number + 1}
	for n.number == 0 || e.number == 0 && n.number == 1 {
		n.number = rand.Uint32()
	}
	for _, id := range except {
		base, ok := e.spares(id)
		if !ok {
			base = e.number
		}
		n.spared = binary.BigEndian.AppendUint32(append(n.spared, id[:]...), base)
	}
	return n
}

// mark rec with the session's epoch, in place of the random half of its
// version.
func (e *epoch) mark(rec *Record) {
	rec.Version = rec.Version&^lowerHalf | uint64(e.number)
	seal(rec)
}

// advance begins an owner's next epoch. A login only mends one that could not be
// read: if somebody else has done that by now, another epoch would end what has
// begun since.
func (c *caller) advance(ctx context.Context, owner string, except []ID, mends bool) (epoch, error) {
	for try := 0; ; try++ {
		cur, err := c.loadEpoch(ctx, owner)
		if err == nil && mends && cur.rec != nil {
			return cur, nil
		}
		if errors.Is(err, ErrCorrupt) {
			// It has ended every session, those in except as well, and no
			// later one revives them.
			except = nil
			cur.rec, err = c.damagedEpoch(ctx, owner)
		}
		var next epoch
		if err == nil {
			next = cur.next(except)
			err = c.putEpoch(ctx, owner, &cur, &next)
		}
		switch {
		case err == nil:
			return next, nil
		case !errors.Is(err, ErrExists) && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound), try == maxTries:
			return cur, err
		}
		if err := pause(ctx, try); err != nil {
			return cur, err
		}
	}
}

// damagedEpoch returns the record of an epoch that cannot be read, so that the
// next one takes its place: at no moment is there none, which would revive what
// earlier ones have ended. Only where the store cannot tell what it holds, or
// the record would be believed by no process even then, it has to go first.
// ErrConflict means that somebody has mended it meanwhile.
func (c *caller) damagedEpoch(ctx context.Context, owner string) (*Record, error) {
	rec, err := c.store().Load(c.begin(ctx), epochID(owner))
	c.end()
	latest := c.m.opts.Now().Add(maxSkew)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil // it is gone already
	case err != nil && !errors.Is(err, ErrCorrupt):
		return nil, c.fault(ctx, epochID(owner), err)
	case err == nil && rec != nil && !rec.Created.After(latest) && !rec.AuthTime.After(latest):
		if md, reason := openMeta(rec, epochID(owner)); reason == "" && isEpoch(rec, &md) {
			return nil, ErrConflict
		}
		return rec, nil
	}
	return nil, c.remove(ctx, epochID(owner))
}

// putEpoch stores an epoch in the place of the present one.
func (c *caller) putEpoch(ctx context.Context, owner string, cur, next *epoch) error {
	now := whole(c.m.opts.Now())
	rec := &Record{ID: epochID(owner), Created: now, AuthTime: now, Deadline: forever, Expires: c.m.revocationEnd(now), Version: newVersion(0)}
	rec.Data = append(binary.BigEndian.AppendUint32(nil, next.number), next.spared...)
	if cur.rec != nil {
		rec.Created, rec.AuthTime, rec.Version = cur.rec.Created, cur.rec.AuthTime, newVersion(cur.rec.Version)
	}
	c.sealMark(rec)
	next.rec = rec
	if cur.rec == nil {
		_, err := c.add(ctx, rec)
		return err
	}
	_, err := c.swap(ctx, rec, cur.rec.Version)
	return err
}

// destroyOwnerSealed ends the sealed sessions of owner, of which nobody knows
// how many there are.
func (m *Manager) destroyOwnerSealed(ctx context.Context, owner string, except []ID) error {
	switch {
	case !m.sealing.Revocable():
		return errUnrevocable
	case len(except) > maxSpared:
		return fmt.Errorf("%w: %d sessions to spare; of sealed ones at most %d can be", ErrInvalid, len(except), maxSpared)
	}
	c := m.scratchCaller()
	now, err := c.advance(ctx, owner, except, false)
	if err != nil {
		return err
	}
	m.hub.lostBefore(owner, &now)
	m.emit(ctx, Event{Kind: EventDestroyed, Owner: owner})
	return nil
}
