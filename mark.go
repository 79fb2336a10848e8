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
<<<<<<< Updated upstream
// DestroyOwner writes the mark and then lists the owner's sessions. A renewal
// reads the mark, creates the next record, and reads the mark again. If it
// finds the mark changed, it gives up. If not, the mark was written after the
// second read, so the next record existed before the listing and is found by
// it; or before the first read, and then the login came after. When the listing
// is done, DestroyOwner changes the mark once more: what is live by then may be
// renewed, but not by a renewal that began before.
type mark struct {
	version uint64
	start   time.Time // when DestroyOwner began; 1970 when it is done
=======
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
>>>>>>> Stashed changes
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
<<<<<<< Updated upstream
	// A renewal keeps an older authentication, which the mark may predate: the
	// next record could escape a listing that is under way.
	return k.version != r.mark.version || !r.login && r.next.AuthTime.Before(k.start)
}

// writeMark notes that the owner's sessions are being destroyed from start on.
// A new mark takes the place of an old one by way of a Delete, since under one
// ID a record's times never change. A moment without any does no harm: the
// listing comes after.
func (c *caller) writeMark(ctx context.Context, owner string, start time.Time) (*Record, error) {
	end := whole(c.m.opts.Now().Add(markLife))
	rec := &Record{ID: c.m.markID(owner), Created: start, Deadline: end, Expires: end, Version: newVersion(0)}
	c.fillMark(rec, start)
=======
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
	rec := &Record{ID: markID(owner), Created: now, Deadline: end, Expires: end, Version: newVersion(0)}
	rec.Data = append(binary.BigEndian.AppendUint64(nil, rec.Version), 0)
	c.sealMark(rec)
>>>>>>> Stashed changes
	for try := 0; ; try++ {
		if err := c.remove(ctx, rec.ID); err != nil {
			return nil, err
		}
<<<<<<< Updated upstream
		again, err := c.add(ctx, rec)
		if err == nil || !again && !errors.Is(err, ErrExists) || try == maxTries {
=======
		err := c.create(ctx, rec)
		if !errors.Is(err, ErrExists) || try == maxTries {
>>>>>>> Stashed changes
			return rec, err
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

<<<<<<< Updated upstream
// closeMark notes that the listing is done. If that fails, renewals of the
// sessions that were excepted fail until the mark expires, which is no reason
// to call DestroyOwner failed.
func (c *caller) closeMark(ctx context.Context, rec *Record) {
	next := *rec
	next.Version = newVersion(rec.Version)
	c.fillMark(&next, time.UnixMilli(0))
	_, _ = c.swap(ctx, &next, rec.Version)
}

// fillMark writes Data and Meta of a mark.
func (c *caller) fillMark(rec *Record, start time.Time) {
	rec.Data = binary.BigEndian.AppendUint64(nil, uint64(start.UnixMilli()))
	md := meta{state: stateMark, idle: NoTimeout}
	rec.Meta = md.append(nil, rec.ID)
	seal(rec)
=======
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
	seal(rec, c.sum)
>>>>>>> Stashed changes
}
