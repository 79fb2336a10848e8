package coatcheck

import (
	"context"
	"errors"
	"time"
)

// eyes are a running watch of the store.
type eyes struct {
	cancel context.CancelFunc
	since  time.Time // when the present call of Watch began; zero if none runs
}

// open reports whether a call of Watch runs for longer than it should take to
// begin.
func (e *eyes) open(beginning time.Duration) bool {
	return e != nil && !e.since.IsZero() && time.Since(e.since) > beginning
}

// open begins to watch the store, if that is possible. The caller holds mu, as
// for shut.
func (h *hub) open() {
	if h.eyes != nil || !h.m.caps.Watch || h.stopped {
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	h.eyes = &eyes{cancel: cancel}
	h.running.Add(1)
	go h.watch(ctx, h.eyes)
}

// shut ends the watching.
func (h *hub) shut() {
	if h.eyes != nil {
		h.eyes.cancel()
		h.eyes = nil
	}
}

// watch watches the store until ctx is done. While it cannot, sessions are
// looked at as with other stores.
func (h *hub) watch(ctx context.Context, e *eyes) {
	defer h.running.Done()
	defer e.cancel()
	for {
		h.sees(e, time.Now())
		err := WatchOf(ctx, h.m.store, func(c Change) {
			if c.Lost {
				h.hintAll()
				return
			}
			h.hint(c.ID)
		})
		h.sees(e, time.Time{})
		if ctx.Err() != nil || errors.Is(err, ErrUnsupported) {
			return
		}
		_ = h.m.storeFault(ctx, ID{}, errors.Join(errors.New("watching ended"), err))
		h.hintAll()
		timer := time.NewTimer(h.m.opts.PollInterval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// sees notes since when the store is watched.
func (h *hub) sees(e *eyes, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.since = since
}
