package transfer

import (
	"context"
	"time"
)

// A pace limits how many sessions are looked at in a second. The zero value
// does not. It is for one goroutine.
type pace struct {
	rate int // sessions a second; 0: no limit
	next time.Time
}

// wait returns when n more may be looked at.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.rate == 0 || n == 0 {
		return ctx.Err()
	}
	now := time.Now()
	if p.next.Before(now) {
		p.next = now // what was not used is lost
	}
	begin := p.next
	p.next = begin.Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	return pause(ctx, begin.Sub(now))
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
