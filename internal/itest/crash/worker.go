//go:build linux

package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coatcheck/coatcheck"
)

// callTimeout is how long a call may take while processes die around it.
const callTimeout = 30 * time.Second

// A Worker makes calls and says so in its slot of a journal. It belongs to one
// goroutine.
type Worker struct {
	Store   coatcheck.Store
	Journal *Journal
	Number  int // of the slot
	Profile Profile
	Rand    *rand.Rand

	// Ended reports whether the store's end has come while the worker lives,
	// so that errors are to be expected. Nil means that it never does.
	Ended func() bool

	// Acked is told of each value that was acknowledged. It may be nil.
	Acked func(key int, v Value)

	ids  []coatcheck.ID
	kept loan
}

// A loan is a record that a store gave some time ago. Nobody may write to it.
type loan struct {
	key int
	rec *coatcheck.Record
}

// Run makes calls until the context is done, the store's end has come or the
// profile wants the store to be closed. An error is one that the store had no reason to give, or a wrong answer.
func (w *Worker) Run(ctx context.Context) error {
	for key := len(w.ids); key < w.Profile.Keys; key++ {
		w.ids = append(w.ids, IDOf(w.Number, key))
	}
	w.slot().Attached.Add(1)
	for n := 0; ctx.Err() == nil && (n < w.Profile.Calls || w.Profile.Calls == 0); n++ {
		kind := w.draw()
		w.slot().Inside.Store(uint64(kind))
		err := w.do(ctx, kind)
		w.slot().Inside.Store(0)
		switch {
		case err != nil && (w.ended() || ctx.Err() != nil):
			return nil
		case err != nil:
			return fmt.Errorf("slot %d: %v: %w", w.Number, kind, err)
		}
		w.slot().Progress.Add(1)
	}
	return nil
}

func (w *Worker) slot() *Slot { return &w.Journal.Slots[w.Number] }
func (w *Worker) ended() bool { return w.Ended != nil && w.Ended() }

// draw thinks of a kind of call.
func (w *Worker) draw() Kind {
	for n := w.Rand.IntN(1000); ; n = w.Rand.IntN(1000) {
		for kind, odds := range w.Profile.Odds {
			if n -= odds; n < 0 {
				return Kind(kind)
			}
		}
	}
}

// do makes a call.
func (w *Worker) do(ctx context.Context, kind Kind) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	key := w.Rand.IntN(w.Profile.Keys)
	switch e := &w.slot().Entries[key]; kind {
	case Put:
		return w.put(ctx, key, e)
	case Delete:
		return w.delete(ctx, key, e)
	case Touch:
		return w.touch(ctx, key, e)
	case Load:
		return w.load(ctx, key, e)
	case Add:
		return w.add(ctx, w.Rand.IntN(Shared))
	case Refuse:
		return w.refuse(ctx, key, e)
	case Upkeep:
		return w.upkeep(ctx)
	}
	return nil
}

// errEnded means that a call was answered when the store's end may have come
// already, so that the answer is worth nothing.
var errEnded = errors.New("the end came first")

// change makes a call that turns the value of a session into v.
func (w *Worker) change(kind Kind, key int, e *Entry, v Value, call func() error) error {
	e.Begin(v)
	if err := call(); err != nil {
		return fmt.Errorf("key %d, which was %v: %w", key, e.Acked(), err)
	}
	if w.ended() {
		return errEnded
	}
	e.Ack()
	w.slot().Counts[kind].Add(1)
	if w.Acked != nil {
		w.Acked(key, v)
	}
	return nil
}

// put writes a session anew, or ends it and leaves a stub or less. What was a
// stub is deleted first.
func (w *Worker) put(ctx context.Context, key int, e *Entry) error {
	old := e.Acked()
	switch {
	case old.stub():
		return w.delete(ctx, key, e)
	case old.Version != 0 && w.Rand.IntN(20) == 0:
		return w.lapse(ctx, key, e)
	}
	v := Value{Version: w.Journal.next(w.Profile.MinSize + w.Rand.IntN(w.Profile.MaxSize-w.Profile.MinSize+1))}
	if old.Version != 0 && w.Rand.IntN(12) == 0 {
		v.Version |= stubBit
	}
	v.Put = min(w.Journal.at(1+w.Rand.IntN(lastHour/2)), w.Journal.deadline(v))
	v.Expires = v.Put
	rec := w.Journal.record(w.Number, key, v)
	v.Expires = min(max(v.Put, old.Expires), w.Journal.deadline(v))
	return w.change(Put, key, e, v, func() error {
		if old.Version == 0 {
			return w.Store.Create(ctx, rec)
		}
		return w.Store.Replace(ctx, rec, old.Version)
	})
}

// lapse ends a session by a record that has expired already, for a sweep to find.
func (w *Worker) lapse(ctx context.Context, key int, e *Entry) error {
	past := w.Journal.at(-1)
	rec := w.Journal.record(w.Number, key, Value{Version: w.Journal.next(8) | stubBit, Expires: past})
	rec.Deadline = rec.Expires
	return w.change(Put, key, e, Value{}, func() error { return w.Store.Replace(ctx, rec, e.Acked().Version) })
}

func (w *Worker) delete(ctx context.Context, key int, e *Entry) error {
	return w.change(Delete, key, e, Value{}, func() error { return w.Store.Delete(ctx, w.ids[key]) })
}

// touch moves a deadline, sometimes back, which has no effect, and sometimes
// past the last one, which is cut off.
func (w *Worker) touch(ctx context.Context, key int, e *Entry) error {
	old := e.Acked()
	to := w.Journal.at(1 + w.Rand.IntN(lastHour+10))
	if old.Version == 0 {
		return want(coatcheck.ErrNotFound, w.Store.Touch(ctx, w.ids[key], time.UnixMilli(to)))
	}
	v := old
	v.Expires = max(old.Expires, min(to, w.Journal.deadline(old)))
	return w.change(Touch, key, e, v, func() error { return w.Store.Touch(ctx, w.ids[key], time.UnixMilli(to)) })
}

// load looks whether a session is what it was.
func (w *Worker) load(ctx context.Context, key int, e *Entry) error {
	if k := w.kept; k.rec != nil && w.Rand.IntN(8) == 0 {
		w.kept.rec = nil
		if _, err := w.Journal.read(w.Number, k.key, k.rec); err != nil {
			return fmt.Errorf("key %d, which was loaded some time ago: %w", k.key, err)
		}
	}
	rec, found, err := find(ctx, w.Store, w.Journal, w.Number, key)
	if err != nil {
		return err
	}
	if w.kept.rec == nil {
		w.kept = loan{key, rec}
	}
	if acked := e.Acked(); found.Version != acked.Version || found.Expires != acked.Expires {
		return fmt.Errorf("key %d: found %v, acknowledged was %v", key, found, acked)
	}
	w.slot().Counts[Load].Add(1)
	return nil
}

// find returns what the store has of a worker's session.
func find(ctx context.Context, store coatcheck.Store, j *Journal, slot, key int) (*coatcheck.Record, Value, error) {
	rec, err := store.Load(ctx, IDOf(slot, key))
	if err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
		return nil, Value{}, fmt.Errorf("key %d: load: %w", key, err)
	}
	v, err := j.read(slot, key, rec)
	if err != nil {
		return nil, v, fmt.Errorf("key %d: %w", key, err)
	}
	return rec, v, nil
}

// refuse asks for what must be refused, and must change nothing.
func (w *Worker) refuse(ctx context.Context, key int, e *Entry) error {
	old := e.Acked()
	v := Value{Version: w.Journal.next(30), Expires: w.Journal.at(lastHour)}
	rec := w.Journal.record(w.Number, key, v)
	w.slot().Counts[Refuse].Add(1)
	switch {
	case old.Version == 0:
		return want(coatcheck.ErrNotFound, w.Store.Replace(ctx, rec, v.Version-unit))
	case w.Rand.IntN(2) == 0:
		return want(coatcheck.ErrExists, w.Store.Create(ctx, rec))
	default:
		return want(coatcheck.ErrConflict, w.Store.Replace(ctx, rec, old.Version+unit))
	}
}

// want returns an error unless a call was refused as it must be.
func want(refusal, err error) error {
	if errors.Is(err, refusal) {
		return nil
	}
	return fmt.Errorf("the answer is %v, and must be %w", err, refusal)
}

// upkeep does what a store can be asked to do for its own good.
func (w *Worker) upkeep(ctx context.Context) error {
	w.slot().Counts[Upkeep].Add(1)
	if c, ok := w.Store.(interface{ Compact(context.Context) error }); ok && w.Rand.IntN(2) == 0 {
		return c.Compact(ctx)
	}
	s, ok := w.Store.(coatcheck.Sweeper)
	if !ok || !coatcheck.CapabilitiesOf(w.Store).Sweep {
		return nil
	}
	for cursor := ""; ; {
		r, err := s.Sweep(ctx, time.UnixMilli(w.Journal.Base), cursor, 100)
		if cursor = r.Next; err != nil || cursor == "" {
			return err
		}
	}
}
