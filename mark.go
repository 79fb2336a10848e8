package coatcheck

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// A mark is a record without a session. It notes that an owner's sessions are
// being destroyed, and for two minutes that they were, so that a login or a
// renewal in flight at that moment learns of it, in whichever process it runs:
//
// DestroyOwner writes the mark, lists the owner's sessions, and notes on the
// mark that it is done. A renewal reads the mark, creates the next record, and
// reads the mark again. If it finds another mark, it gives up. If not, the
// mark was written after the second read, so the next record existed before
// the listing and is found by it; or before the first read. Then a login came
// after, and may stay. A renewal that is no login must not hide an old session
// from the listing, so it gives up unless that was done.
type mark struct {
	epoch uint64 // tells marks apart; 0 is no mark
	done  bool   // nothing is being destroyed any more
}

// markLife is longer than a renewal may take from its first call to its last.
const markLife = 2 * time.Minute

// markID is the ID of an owner's mark, the same for all managers on a store,
// whatever their names, as they share the index of owners. No token has it,
// but by a collision of SHA-256: the domain differs.
func markID(owner string) ID { return sha256.Sum256([]byte("cc1/mark:" + owner)) }

// loadMark reads an owner's mark; there is none for anonymous sessions, or
// where DestroyOwner cannot work.
func (c *caller) loadMark(ctx context.Context, owner string) (mark, error) {
	if owner == "" || !c.m.caps.Owners && !c.m.caps.List {
		return mark{}, nil
	}
	rec, md, err := c.load(ctx, markID(owner))
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return mark{}, nil
	case err != nil:
		return mark{}, err
	case md.state != stateMark || len(rec.Data) != markLen:
		return mark{}, nil
	}
	return mark{epoch: binary.BigEndian.Uint64(rec.Data), done: rec.Data[8] != 0}, nil
}

// forbids reports whether a renewal must not go on that has read k behind its
// next record, and r.mark ahead of it.
func (k mark) forbids(r *renewal) bool {
	if k.epoch != 0 && k.epoch != r.mark.epoch {
		return true
	}
	return !r.login && (k.running() || r.mark.running())
}

func (k mark) running() bool { return k.epoch != 0 && !k.done }

// markLen is the length of a mark's data: epoch, and 1 when it is done.
const markLen = 9

// writeMark notes that the owner's sessions are being destroyed from now on.
// A mark that is there gives way: a moment without any does no harm, since the
// listing comes after, and whoever wrote that one sees that it is gone.
func (c *caller) writeMark(ctx context.Context, owner string) (*Record, error) {
	now := whole(c.m.opts.Now())
	end := now.Add(markLife)
	// With an AuthTime, stores that make room by ending anonymous sessions
	// leave it alone.
	rec := &Record{ID: markID(owner), Created: now, AuthTime: now, Deadline: end, Expires: end, Version: newVersion(0)}
	rec.Data = append(binary.BigEndian.AppendUint64(nil, rec.Version), 0)
	c.sealMark(rec)
	for try := 0; ; try++ {
		if err := c.remove(ctx, rec.ID); err != nil {
			return nil, err
		}
		again, err := c.add(ctx, rec)
		if err == nil || !again && !errors.Is(err, ErrExists) || try == maxTries {
			return rec, err
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

// endMark notes that they are destroyed. ErrConflict and ErrNotFound mean that
// the mark did not stand all the while: somebody destroys them too, or it
// took too long.
func (c *caller) endMark(ctx context.Context, rec *Record) error {
	done := *rec
	done.Version = newVersion(rec.Version)
	done.Data = append(slices.Clone(rec.Data[:8]), 1)
	c.sealMark(&done)
	_, err := c.swap(ctx, &done, rec.Version)
	return err
}

func (c *caller) sealMark(rec *Record) {
	md := meta{state: stateMark, idle: NoTimeout}
	rec.Meta = md.append(nil, rec.ID)
	seal(rec)
}
