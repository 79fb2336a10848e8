package hashstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A touching is sessions that are touched all the time, while everything else
// happens to them that can.
type touching struct {
	s, other *hashstore.Store
	end      time.Time
	stable   []*coatcheck.Record // which are replaced and moved, but stay
	fleeting []*coatcheck.Record // which come and go
	acked    []atomic.Int64      // the latest end of each stable session, in ms after its first
	never    *coatcheck.Record   // which nobody touches, and comes and goes
	touched  atomic.Int64
}

func (x *touching) over() bool { return time.Now().After(x.end) }

// neighbours returns records that the index puts into the same slots.
func neighbours(s *hashstore.Store, n int) (recs []*coatcheck.Record) {
	first := record("alice", 100)
	home := hashstore.Home(s, first.ID)
	for len(recs) < n {
		rec := *first
		for i := range rec.ID {
			rec.ID[i] = byte(rand.Uint32())
		}
		if hashstore.Home(s, rec.ID) == home {
			recs = append(recs, &rec)
		}
	}
	return recs
}

// A touch that is acknowledged stays, one of a deleted session does not bring it
// back, and none hits the session that has taken the slot meanwhile: whatever
// puts, deletes, moves of records and moves of the index there are.
func TestTouchAmongChanges(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		o = sharing(o)
		x := &touching{s: open(t, path, o), other: open(t, path, o), acked: make([]atomic.Int64, 16)}
		all := neighbours(x.s, 25)
		x.stable, x.fleeting, x.never = all[:16], all[16:24], all[24]
		for _, rec := range x.stable {
			must(t, x.s.Create(t.Context(), rec))
		}
		x.end = time.Now().Add(500 * time.Millisecond)
		var work sync.WaitGroup
		for _, s := range []*hashstore.Store{x.s, x.other} {
			work.Go(func() { x.touch(t, s) })
		}
		work.Go(func() { x.replace(t) })
		work.Go(func() { x.comeAndGo(t) })
		work.Go(func() { x.move(t) })
		work.Wait()
		for i, first := range x.stable {
			got, err := x.other.Load(t.Context(), first.ID)
			want := first.Expires.Add(time.Duration(x.acked[i].Load()) * time.Millisecond)
			if err != nil || !got.Expires.Equal(want) {
				t.Errorf("session %d ends at %v, %v; was touched to %v", i, got, err, want)
			}
		}
		t.Logf("%d touches", x.touched.Load())
		sound(t, path)
	})
}

// touch touches all sessions, each time to a later time.
func (x *touching) touch(t *testing.T, s *hashstore.Store) {
	ctx := context.Background()
	for !x.over() && !t.Failed() {
		n := x.touched.Add(1)
		i := rand.IntN(len(x.stable))
		to := x.stable[i].Expires.Add(time.Duration(n) * time.Millisecond)
		must(t, s.Touch(ctx, x.stable[i].ID, to))
		if got, err := s.Load(ctx, x.stable[i].ID); err != nil || got.Expires.Before(to) {
			t.Errorf("a session that was touched to %v: %v, %v", to, got, err)
		}
		for old := x.acked[i].Load(); old < n && !x.acked[i].CompareAndSwap(old, n); old = x.acked[i].Load() {
		}
		rec := x.fleeting[rand.IntN(len(x.fleeting))]
		if err := s.Touch(ctx, rec.ID, rec.Expires.Add(time.Hour)); err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("Touch: %v", err)
		}
	}
}

// replace replaces the stable sessions. Their ends are not its business.
func (x *touching) replace(t *testing.T) {
	version := make([]uint64, len(x.stable))
	for !x.over() {
		i := rand.IntN(len(version))
		version[i]++
		next := *x.stable[i]
		next.Version = version[i] + 1
		must(t, x.s.Replace(context.Background(), &next, version[i]))
	}
}

// comeAndGo creates and deletes sessions in the same slots, some of which are
// touched by others and some never.
func (x *touching) comeAndGo(t *testing.T) {
	ctx := context.Background()
	untouched := x.never
	for !x.over() && !t.Failed() {
		rec := x.fleeting[rand.IntN(len(x.fleeting))]
		must(t, x.s.Create(ctx, rec))
		must(t, x.s.Delete(ctx, rec.ID))
		gone(t, x.other, rec.ID, "a deleted session that was touched")
		must(t, x.other.Create(ctx, untouched))
		got, err := x.s.Load(ctx, untouched.ID)
		if err != nil || !got.Expires.Equal(untouched.Expires) {
			t.Errorf("a session that nobody touched: %v, %v; want it to end at %v", got, err, untouched.Expires)
		}
		must(t, x.s.Delete(ctx, untouched.ID))
		gone(t, x.s, rec.ID, "a deleted session that was touched")
	}
}

// move moves records and the index.
func (x *touching) move(t *testing.T) {
	for bits := uint(11); !x.over(); bits ^= 11 ^ 12 {
		hashstore.MoveIndex(t, x.other, bits, func() {})
		for range 4 {
			hashstore.CompactStep(t, x.s, 64<<10)
		}
	}
}
