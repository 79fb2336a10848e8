package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A target is a store that is written to. It is safe for concurrent use.
type target struct {
	store coatcheck.Store
	now   func() time.Time
}

// errRace means that somebody else was faster: look again.
var errRace = errors.New("it was changed concurrently")

// follows reports whether rec may replace cur: what may never change under one
// ID is the same, or rec ends it.
func follows(rec, cur *coatcheck.Record) bool {
	return rec.Created.Equal(cur.Created) && rec.AuthTime.Equal(cur.AuthTime) &&
		(rec.Owner == cur.Owner || rec.Owner == "") && !rec.Deadline.After(cur.Deadline)
}

// put makes rec what TO has in the place of cur. If it may not replace it, it
// ends that one first, and the caller creates rec.
func (t target) put(ctx context.Context, rec, cur *coatcheck.Record) error {
	if !follows(rec, cur) {
		if err := t.end(ctx, cur); err != nil {
			return err
		}
		return errRace // with nobody: it is to be looked at anew
	}
	return race(t.store.Replace(ctx, rec, cur.Version))
}

// race turns the verdicts that mean that somebody was faster into errRace.
func race(err error) error {
	if errors.Is(err, coatcheck.ErrConflict) || errors.Is(err, coatcheck.ErrNotFound) || errors.Is(err, coatcheck.ErrExists) {
		return errRace
	}
	return err
}

// end ends the session that cur is, if it still is that one. What has expired
// long ago takes its place, over its version, and is then deleted: a plain
// Delete would also hit what somebody has made of it meanwhile.
func (t target) end(ctx context.Context, cur *coatcheck.Record) error {
	past := t.now().Add(-time.Hour).Truncate(time.Millisecond).UTC()
	if cur.Created.Before(past) {
		past = cur.Created
	}
	husk := &coatcheck.Record{
		ID: cur.ID, Meta: cur.Meta, Created: cur.Created, AuthTime: cur.AuthTime,
		Deadline: past, Expires: past, Version: successor(cur.Version),
	}
	if err := t.store.Replace(ctx, husk, cur.Version); err != nil {
		return race(err)
	}
	return t.store.Delete(ctx, cur.ID)
}

// successor returns a version of the next generation, as the core makes them.
func successor(version uint64) uint64 {
	const last = 1<<31 - 1
	next := min(version>>32+1, last)<<32 | uint64(rand.Uint32())
	if next == version {
		next ^= 1
	}
	return next
}

// touch makes TO's deadline of the session that of rec, if that is later.
func (t target) touch(ctx context.Context, rec, cur *coatcheck.Record) error {
	if !rec.Expires.After(cur.Expires) {
		return nil
	}
	return race(t.store.Touch(ctx, rec.ID, rec.Expires))
}
