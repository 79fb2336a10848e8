package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Sweep deletes what has expired from the store and returns how many records
// those were. Managers sweep by themselves; call it from a job when
// Options.SweepInterval is [NoSweep]. [ErrUnsupported] means that the store
// cannot sweep, mostly because its backend does.
func (m *Manager) Sweep(ctx context.Context) (n int, err error) {
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	return m.sweep(ctx, m.opts.Now(), 0)
}

// sweepBatch is how many records one call to the store may delete.
const sweepBatch = 500

// sweepers are what there is to sweep: the store, and what a Sealer beside it
// keeps. That they are one and the same does no harm.
func (m *Manager) sweepers() (all []Sweeper) {
	if sweeper, ok := m.store.(Sweeper); ok && m.caps.Sweep {
		all = append(all, sweeper)
	}
	if m.sealing == nil || m.sealsAll() {
		return all
	}
	if sweeper, ok := m.sealing.Sealer.(Sweeper); ok && CapabilitiesOf(m.sealing.Sealer).Sweep {
		all = append(all, sweeper)
	}
	return all
}

// sweep deletes what had expired at before, in batches with rests of pause
// between them.
func (m *Manager) sweep(ctx context.Context, before time.Time, rest time.Duration) (n int, err error) {
	sweepers := m.sweepers()
	if len(sweepers) == 0 {
		return 0, fmt.Errorf("%w: it cannot sweep", ErrUnsupported)
	}
	for _, sweeper := range sweepers {
		deleted, err := m.sweepOne(ctx, sweeper, before, rest)
		n += deleted
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// sweepOne is sweep for one of them.
func (m *Manager) sweepOne(ctx context.Context, sweeper Sweeper, before time.Time, rest time.Duration) (n int, err error) {
	c := m.scratchCaller()
	defer func() {
		if n > 0 {
			m.emit(ctx, Event{Kind: EventExpired, N: n})
		}
	}()
	for cursor := ""; ; {
		batch, err := sweeper.Sweep(c.begin(ctx), before, cursor, sweepBatch)
		c.end()
		n += batch.Deleted
		if err != nil {
			return n, m.storeFault(ctx, ID{}, err)
		}
		switch batch.Next {
		case "":
			return n, nil
		case cursor:
			return n, m.storeFault(ctx, ID{}, errors.New("a sweep does not advance"))
		}
		cursor = batch.Next
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return n, ctx.Err()
		}
	}
}

// The automatic sweep waits an hour before it deletes, and another hour after
// the clock has jumped: a clock that was wrong for a while must not cost
// anybody's session.
const (
	sweepLag  = time.Hour
	sweepRest = 10 * time.Millisecond
	clockJump = 5 * time.Minute
)

// sweeps are the state of the automatic sweep. It lives in a timer, not in a
// goroutine, so that a manager which nobody closes leaks none.
type sweeps struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	cancel  context.CancelFunc
	running sync.WaitGroup
	real    time.Time // when the last one was due, by the monotonic clock
	wall    time.Time // the same by Options.Now
	quiet   time.Time // no sweep before, by the monotonic clock
}

// stop ends the sweeps and waits for the one under way, for one call to the
// store at most.
func (w *sweeps) stop() {
	defer w.running.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.cancel != nil {
		w.cancel()
	}
}

// scheduleSweep sets the timer for the next automatic sweep, half an interval
// to one and a half from now, so that many processes do not sweep in step.
func (m *Manager) scheduleSweep() {
	if m.opts.SweepInterval == NoSweep || len(m.sweepers()) == 0 {
		return
	}
	w := &m.sweeps
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if w.real.IsZero() {
		w.real, w.wall = time.Now(), m.opts.Now().Round(0)
	}
	mean := min(m.opts.SweepInterval, math.MaxInt64/2) // one and a half of it must be a Duration
	w.timer = time.AfterFunc(mean/2+rand.N(mean), m.autoSweep)
}

// autoSweep runs one automatic sweep, unless the clock cannot be trusted.
func (m *Manager) autoSweep() {
	defer m.scheduleSweep()
	w := &m.sweeps
	w.mu.Lock()
	if w.stopped {
		w.mu.Unlock()
		return
	}
	// Round strips the monotonic reading, which hides jumps.
	trusted := w.trusts(time.Now(), m.opts.Now().Round(0))
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.running.Add(1)
	w.mu.Unlock()
	defer w.running.Done()
	defer cancel()
	if trusted {
		// An error was reported as an event; the next sweep tries again.
		_, _ = m.sweep(ctx, m.opts.Now().Add(-sweepLag), sweepRest)
	}
}

// trusts notes the time on both clocks and reports whether the wall clock has
// kept in step with the monotonic one for the last hour.
func (w *sweeps) trusts(real, wall time.Time) bool {
	drift := wall.Sub(w.wall) - real.Sub(w.real)
	w.real, w.wall = real, wall
	if drift.Abs() > clockJump {
		w.quiet = real.Add(sweepLag)
	}
	return !real.Before(w.quiet)
}
