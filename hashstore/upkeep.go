package hashstore

import (
	"context"
	"time"
)

// startUpkeep starts what a store does by itself.
func (s *Store) startUpkeep() {
	if s.opts.Durability.mode == modeInterval {
		s.upkeep.Add(1)
		go s.every(s.opts.Durability.every(), "write to the disk", s.Sync)
	}
	if s.opts.SweepInterval != NoSweep {
		s.upkeep.Add(1)
		go s.every(s.opts.SweepInterval, "give space back", s.tidy)
	}
}

// every calls f again and again until the store is closed.
func (s *Store) every(d time.Duration, what string, f func(context.Context) error) {
	defer s.upkeep.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-s.done
		cancel()
	}()
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-t.C:
		}
		if err := f(ctx); err != nil && ctx.Err() == nil {
			s.opts.Logger.Error("hashstore: cannot "+what, "path", s.path, "error", err)
		}
	}
}

// tidy is one round of upkeep.
func (s *Store) tidy(ctx context.Context) error { return s.usable(ctx) }

// Compact moves live records together and gives free space back, as far as
// that is worth it, while others use the store.
func (s *Store) Compact(ctx context.Context) error { return s.tidy(ctx) }
