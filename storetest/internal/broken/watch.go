package broken

import (
	"context"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// watching spoils what is reported.
type watching struct {
	*Reference
	flaw func(fn func(coatcheck.Change)) func(coatcheck.Change)
}

func (s watching) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	return s.Reference.Watch(ctx, s.flaw(fn))
}

func watched(name string, flaw func(fn func(coatcheck.Change)) func(coatcheck.Change)) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return watching{r, flaw} }}
}

var watches = []Store{
	watched("watch-hides-deletions", func(fn func(coatcheck.Change)) func(coatcheck.Change) {
		return func(c coatcheck.Change) {
			if c.Version != 0 || c.Lost {
				fn(c)
			}
		}
	}),
	watched("watch-hides-loss", func(fn func(coatcheck.Change)) func(coatcheck.Change) {
		return func(c coatcheck.Change) {
			if !c.Lost {
				fn(c)
			}
		}
	}),
	watched("watch-in-pairs-reversed", func(fn func(coatcheck.Change)) func(coatcheck.Change) {
		var held *coatcheck.Change
		return func(c coatcheck.Change) {
			if held == nil {
				held = &c
				return
			}
			fn(c)
			fn(*held)
			held = nil
		}
	}),
	watched("watch-in-goroutines", func(fn func(coatcheck.Change)) func(coatcheck.Change) {
		return func(c coatcheck.Change) {
			var both sync.WaitGroup
			for range 2 {
				both.Add(1)
				go func() {
					defer both.Done()
					fn(c)
				}()
			}
			both.Wait()
		}
	}),
	{"watch-ends-without-error", func(r *Reference) coatcheck.Store { return watchEndsWell{r} }},
	{"watch-reports-late", func(r *Reference) coatcheck.Store { return watchReportsLate{r} }},
	{"watch-reports-failures", func(r *Reference) coatcheck.Store { return watchReportsFailures{r} }},
	{"watch-blocks-writers", func(r *Reference) coatcheck.Store { return newWatchBlocks(r) }},
}

// watchEndsWell does not say why it ended.
type watchEndsWell struct{ *Reference }

func (s watchEndsWell) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	s.Reference.Watch(ctx, fn)
	return nil
}

// watchReportsLate reports a Replace after it is over and others may have come
// first.
type watchReportsLate struct{ *Reference }

func (s watchReportsLate) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	stored, err := s.live(rec.ID)
	if err == nil && stored.Version != old {
		err = coatcheck.ErrConflict
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	s.put(rec.Touched(stored.Expires))
	s.mu.Unlock()
	go func() {
		pause()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tell(rec.ID, rec.Version)
	}()
	return nil
}

// watchReportsFailures reports what it was asked for and not what it did.
type watchReportsFailures struct{ *Reference }

func (s watchReportsFailures) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tell(rec.ID, rec.Version)
	}
	return err
}

// watchBlocks lets nobody write while the watcher is busy.
type watchBlocks struct {
	*Reference
	busy chan struct{} // holds a value while somebody writes or is told
}

func newWatchBlocks(r *Reference) watchBlocks { return watchBlocks{r, make(chan struct{}, 1)} }

func (s watchBlocks) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	return s.Reference.Watch(ctx, func(c coatcheck.Change) {
		s.busy <- struct{}{}
		defer func() { <-s.busy }()
		fn(c)
	})
}

func (s watchBlocks) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Reference.Replace(ctx, rec, old)
}
