package coatcheck_test

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

var touchStart = time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC)

// Of many requests that find a session due one touches it, and the next one
// when the time has come again.
func TestTouchIsClaimedOnce(t *testing.T) {
	var touches coatcheck.Touches
	var claimed atomic.Int32
	var requests sync.WaitGroup
	for range 32 {
		requests.Go(func() {
			if touches.Claim(coatcheck.ID{1}, touchStart, time.Minute) {
				claimed.Add(1)
			}
		})
	}
	requests.Wait()
	if n := claimed.Load(); n != 1 {
		t.Errorf("%d of 32 touch", n)
	}
	for _, c := range []struct {
		id    byte
		after time.Duration
		want  bool
	}{
		{1, time.Minute - 1, false},
		{2, time.Minute - 1, true},
		{1, time.Minute, true},
		{1, time.Minute + 1, false},
		{1, -time.Hour, true}, // the clock was put back
	} {
		if got := touches.Claim(coatcheck.ID{c.id}, touchStart.Add(c.after), time.Minute); got != c.want {
			t.Errorf("session %d after %v: %v, want %v", c.id, c.after, got, c.want)
		}
	}
}

// A touch that failed may be tried again at once.
func TestTouchIsReleased(t *testing.T) {
	var touches coatcheck.Touches
	for range 3 {
		if !touches.Claim(coatcheck.ID{1}, touchStart, time.Minute) {
			t.Fatal("not claimed")
		}
		touches.Release(coatcheck.ID{1})
	}
}

// However many sessions there are, few are remembered, and those long enough.
func TestTouchMemoryIsBounded(t *testing.T) {
	var touches coatcheck.Touches
	const sessions = 3 * coatcheck.MaxTouches
	at := func(i int) (id coatcheck.ID) {
		binary.BigEndian.PutUint64(id[:], uint64(i))
		return id
	}
	for i := range sessions {
		if !touches.Claim(at(i), touchStart, time.Minute) {
			t.Fatalf("session %d is not claimed", i)
		}
		if i%10_000 == 0 && touches.Len() > 2*coatcheck.MaxTouches {
			t.Fatalf("%d sessions are remembered", touches.Len())
		}
	}
	if n := touches.Len(); n > 2*coatcheck.MaxTouches || n < coatcheck.MaxTouches {
		t.Errorf("%d sessions are remembered, want %d to %d", n, coatcheck.MaxTouches, 2*coatcheck.MaxTouches)
	}
	for i := sessions - coatcheck.MaxTouches; i < sessions; i++ {
		if touches.Claim(at(i), touchStart.Add(time.Minute-1), time.Minute) {
			t.Fatalf("session %d of the last %d is forgotten", i, coatcheck.MaxTouches)
		}
	}
	// In quiet times age empties the memory.
	for i := range 3 {
		touches.Claim(coatcheck.ID{255, byte(i)}, touchStart.Add(time.Duration(i+2)*time.Hour), time.Minute)
	}
	if n := touches.Len(); n > 2 {
		t.Errorf("%d sessions are still remembered hours later", n)
	}
}

// A use is written down every twentieth of the idle timeout, within bounds.
func TestTouchThrottle(t *testing.T) {
	for idle, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Millisecond / 2,
		time.Second:      time.Second / 2,
		2 * time.Second:  time.Second,
		10 * time.Second: time.Second,
		5 * time.Minute:  15 * time.Second,
		20 * time.Minute: time.Minute,
		24 * time.Hour:   time.Minute,
	} {
		if got := coatcheck.TouchEvery(idle); got != want {
			t.Errorf("idle %v: every %v, want %v", idle, got, want)
		}
	}
}
