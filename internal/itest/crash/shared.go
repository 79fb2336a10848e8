//go:build linux

package crash

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The shared sessions hold one number for each slot, to which its worker adds
// by Replace over the version that it has loaded. An addition that another
// worker's overwrites, or that comes back, shows in the sum.

// CreateShared makes the shared sessions of a new store.
func CreateShared(ctx context.Context, store coatcheck.Store, j *Journal) error {
	for n := range Shared {
		if err := store.Create(ctx, j.sharedRecord(n, j.next(0), make([]byte, 8*MaxSlots))); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) sharedRecord(n int, version uint64, sums []byte) *coatcheck.Record {
	end := time.UnixMilli(j.at(lastHour)).UTC()
	return &coatcheck.Record{
		ID: SharedID(n), Data: sums, Meta: content(version, 16),
		Created: time.UnixMilli(j.Base).UTC(), Deadline: end, Expires: end, Version: version,
	}
}

// tries bounds how often an addition is tried against those of others.
const tries = 20

// add adds one to the worker's number in a shared session.
func (w *Worker) add(ctx context.Context, n int) error {
	sum := &w.slot().Adds[n]
	for range tries {
		rec, err := w.Store.Load(ctx, SharedID(n))
		if err != nil {
			return fmt.Errorf("shared session %d: %w", n, err)
		}
		if got, want := sumOf(rec, w.Number), sum.Load()/2; got != want {
			return fmt.Errorf("shared session %d: %d additions are left of %d", n, got, want)
		}
		sums := append([]byte(nil), rec.Data...)
		binary.LittleEndian.PutUint64(sums[8*w.Number:], sum.Load()/2+1)
		sum.Add(1)
		err = w.Store.Replace(ctx, w.Journal.sharedRecord(n, w.Journal.next(0), sums), rec.Version)
		switch {
		case err == nil && w.ended():
			return errEnded
		case err == nil:
			sum.Add(1)
			w.slot().Counts[Add].Add(1)
			return nil
		case !errors.Is(err, coatcheck.ErrConflict):
			return fmt.Errorf("shared session %d: %w", n, err)
		}
		sum.Add(^uint64(0))
	}
	return nil
}

// sumOf returns the number of a slot.
func sumOf(rec *coatcheck.Record, slot int) uint64 {
	if len(rec.Data) != 8*MaxSlots {
		return ^uint64(0)
	}
	return binary.LittleEndian.Uint64(rec.Data[8*slot:])
}

// settleShared holds the numbers of a slot whose worker is dead to what it had
// said, and settles what was under way.
func settleShared(ctx context.Context, store coatcheck.Store, j *Journal, slot int) error {
	for n := range Shared {
		rec, err := store.Load(ctx, SharedID(n))
		if err != nil {
			return fmt.Errorf("shared session %d: %w", n, err)
		}
		sum := &j.Slots[slot].Adds[n]
		said, got := sum.Load(), sumOf(rec, slot)
		if got != said/2 && (said%2 == 0 || got != said/2+1) {
			return fmt.Errorf("shared session %d: %d additions are left of %d (and %d under way)", n, got, said/2, said%2)
		}
		sum.Store(2 * got)
	}
	return nil
}
