package coatcheck

import (
	"context"
	"time"
)

// enter begins an operation that does I/O and waits for a running one. The
// waiting is bounded, since the running one may be waiting for us.
func (s *Session) enter(ctx context.Context) error {
	if s.nested {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.occupy(ctx)
}

// occupy is enter for a caller that holds mu. While it waits mu is free.
func (s *Session) occupy(ctx context.Context) error {
	for s.busy {
		a := s.sit().beside()
		if a.vacant == nil {
			a.vacant = make(chan struct{})
		}
		vacant := a.vacant
		s.mu.Unlock()
		timer := time.NewTimer(s.m.opts.StoreTimeout)
		var err error
		select {
		case <-vacant:
		case <-ctx.Done():
			err = ctx.Err()
		case <-timer.C:
			err = ErrNested
		}
		timer.Stop()
		s.mu.Lock()
		if err != nil {
			return err
		}
	}
	if s.isClosed() {
		return ErrClosed
	}
	s.busy = true
	return nil
}

// leave ends what enter began.
func (s *Session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vacate()
}

// vacate is leave for a caller that holds mu.
func (s *Session) vacate() {
	s.busy = false
	if d := s.desk; d != nil && d.aside != nil && d.aside.vacant != nil {
		close(d.aside.vacant)
		d.aside.vacant = nil
	}
}
