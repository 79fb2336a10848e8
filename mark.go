package coatcheck

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// A mark is a record without a session. It notes for two minutes when an
// owner's sessions were last destroyed, so that a login or a renewal in flight
// at that moment learns of it, in whichever process it runs:
//
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
}

// markLife is longer than a renewal may take from its first call to its last.
const markLife = 2 * time.Minute

// markID is the ID of an owner's mark. No token has it, but by a collision of
// SHA-256: the domain differs.
func (m *Manager) markID(owner string) ID {
	return sha256.Sum256([]byte("cc1/mark:" + m.opts.Name + "\x00" + owner))
}

// loadMark reads an owner's mark; there is none for anonymous sessions, or
// where DestroyOwner cannot work.
func (c *caller) loadMark(ctx context.Context, owner string) (mark, error) {
	if owner == "" || !c.m.caps.Owners && !c.m.caps.List {
		return mark{}, nil
	}
	rec, md, err := c.load(ctx, c.m.markID(owner))
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return mark{}, nil
	case err != nil:
		return mark{}, err
	case md.state != stateMark || len(rec.Data) != 8:
		return mark{}, nil
	}
	return mark{rec.Version, time.UnixMilli(int64(binary.BigEndian.Uint64(rec.Data))).UTC()}, nil
}

// forbids reports whether the renewal began before the owner's sessions were
// destroyed.
func (k mark) forbids(r *renewal) bool {
	if k == (mark{}) {
		return false
	}
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
}
