package ring

import (
	"math/rand/v2"
	"sync"
	"time"
)

// How a breaker decides. After so many failures without a success between them
// the member counts as down: calls fail at once, but for a probe now and then.
// The time to the next probe doubles, within its bounds, and varies by half so
// that many processes do not probe in step.
const (
	failuresToOpen = 5
	firstProbe     = 250 * time.Millisecond
	lastProbe      = 5 * time.Second
)

// A breaker notes whether a member answers. The zero value believes that it
// does. It goes by the monotonic clock.
type breaker struct {
	mu       sync.Mutex
	failures int       // since the last success
	since    time.Time // of the first of them
	open     bool      // the member counts as down
	probing  bool      // a probe is under way
	wait     time.Duration
	next     time.Time // of the next probe
	last     error
	opened   func() // called without the lock each time that it opens; may be nil
}

// enter returns the member's last error if it is down and this call is not to
// find out whether it still is.
func (b *breaker) enter(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return nil
	}
	if b.probing || now.Before(b.next) {
		return b.last
	}
	b.probing = true
	return nil
}

// succeed notes an answer.
func (b *breaker) succeed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.open, b.probing, b.wait, b.last = 0, false, false, 0, nil
}

// abandon notes a call that says nothing about the member.
func (b *breaker) abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// fail notes a failure.
func (b *breaker) fail(now time.Time, err error) {
	b.mu.Lock()
	if b.failures == 0 {
		b.since = now
	}
	b.failures++
	b.last = err
	first := !b.open && b.failures >= failuresToOpen
	if first || b.probing {
		b.open, b.probing = true, false
		b.wait = min(max(2*b.wait, firstProbe), lastProbe)
		b.next = now.Add(b.wait/2 + rand.N(b.wait))
	}
	opened := b.opened
	b.mu.Unlock()
	if first && opened != nil {
		opened()
	}
}

// failing returns how long the member has not answered.
func (b *breaker) failing(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return 0
	}
	return now.Sub(b.since)
}

// down reports whether the member counts as down.
func (b *breaker) down() (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open, b.last
}
