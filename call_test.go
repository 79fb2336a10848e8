package coatcheck_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// callTest begins a call of a second and ends it. In the bubble a goroutine
// that is left behind fails the test.
func callTest(t *testing.T, parent func(context.Context) context.Context, test func(t *testing.T, c *coatcheck.Call)) {
	synctest.Test(t, func(t *testing.T) {
		c := new(coatcheck.Call)
		c.Begin(parent(t.Context()), time.Second)
		test(t, c)
		c.End()
	})
}

func callPlain(ctx context.Context) context.Context { return ctx }

// A call has its own deadline, or that of its parent when it is sooner.
func TestCallDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []time.Duration{time.Minute, time.Millisecond} {
			parent, cancel := context.WithTimeout(t.Context(), limit)
			c := new(coatcheck.Call)
			c.Begin(parent, time.Second)
			want := time.Now().Add(min(limit, time.Second))
			if d, ok := c.Deadline(); !ok || !d.Equal(want) {
				t.Errorf("deadline in %v, want in %v", time.Until(d), time.Until(want))
			}
			<-c.Done()
			if !time.Now().Equal(want) || !errors.Is(c.Err(), context.DeadlineExceeded) {
				t.Errorf("done %v after its deadline: %v", time.Since(want), c.Err())
			}
			if c.End() {
				t.Error("the store may still hold the channel, but the call is used again")
			}
			if !errors.Is(c.Err(), context.DeadlineExceeded) {
				t.Errorf("the end made %v of it", c.Err())
			}
			cancel()
		}
	})
}

// The deadline holds for a store that only asks Err, and for one that asks for
// the channel when it is too late.
func TestCallDeadlineWithoutDone(t *testing.T) {
	callTest(t, callPlain, func(t *testing.T, c *coatcheck.Call) {
		time.Sleep(time.Second - 1)
		if err := c.Err(); err != nil {
			t.Errorf("just before the deadline: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if err := c.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at the deadline: %v", err)
		}
		select {
		case <-c.Done():
		default:
			t.Error("the channel is open after the deadline")
		}
	})
}

// As long as nobody asks for the channel there is no timer, and the call
// serves again, with its state reset.
func TestCallMakesItsTimerOnDemand(t *testing.T) {
	callTest(t, callPlain, func(t *testing.T, c *coatcheck.Call) {
		_, _ = c.Deadline()
		_ = c.Err()
		_ = c.Value("key")
		if c.HasTimer() || !c.End() {
			t.Error("there is a timer that nobody asked for")
		}
		time.Sleep(time.Hour)
		if c.Err() == nil {
			t.Error("an hour later the deadline has not passed")
		}
		c.Begin(t.Context(), time.Second)
		if err := c.Err(); err != nil {
			t.Errorf("the next call begins with %v", err)
		}
		if c.Done() == nil || !c.HasTimer() {
			t.Error("no channel and no timer on demand")
		}
	})
}

// A visitor who goes away does not end the call; its values are there.
func TestCallOutlivesItsParent(t *testing.T) {
	type key struct{}
	var goAway context.CancelFunc
	parent := func(ctx context.Context) context.Context {
		ctx, goAway = context.WithCancel(context.WithValue(ctx, key{}, "coat"))
		return ctx
	}
	callTest(t, parent, func(t *testing.T, c *coatcheck.Call) {
		goAway()
		synctest.Wait()
		select {
		case <-c.Done():
			t.Error("the parent's end is the call's")
		default:
		}
		if c.Err() != nil || c.Value(key{}) != "coat" {
			t.Errorf("%v, value %v", c.Err(), c.Value(key{}))
		}
	})
}

// The end of a call ends what was derived from it, so that a store's drivers
// leave no goroutine behind.
func TestCallEndsWhatWasDerived(t *testing.T) {
	callTest(t, callPlain, func(t *testing.T, c *coatcheck.Call) {
		derived, cancel := context.WithTimeout(c, time.Hour)
		defer cancel()
		ended := make(chan error)
		go func() {
			<-derived.Done()
			ended <- derived.Err()
		}()
		synctest.Wait()
		if c.End() {
			t.Error("the call is used again while its channel is known")
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the derived context ends with %v", err)
		}
		if err := c.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("the call ends with %v", err)
		}
	})
}

// Database drivers derive contexts all the time. That starts no goroutine, and
// one that was cancelled first is forgotten.
func TestCallNeedsNoGoroutineForWhatIsDerived(t *testing.T) {
	callTest(t, callPlain, func(t *testing.T, c *coatcheck.Call) {
		c.Done()
		before := watchers()
		var derived []context.Context
		for range 10 {
			_, cancel := context.WithCancel(c)
			cancel()
			d, cancel := context.WithCancel(c)
			defer cancel()
			derived = append(derived, d)
		}
		if n := watchers() - before; n > 0 {
			t.Errorf("%d goroutines watch the call", n)
		}
		if n := c.Followers(); n != len(derived) {
			t.Errorf("%d contexts wait for the call's end, want %d", n, len(derived))
		}
		c.End()
		for _, d := range derived {
			<-d.Done()
			if !errors.Is(d.Err(), context.Canceled) {
				t.Errorf("a derived context ends with %v", d.Err())
			}
		}
	})
}

// watchers counts the goroutines that package context has begun, each to wait for
// the end of a context. The number of all goroutines tells nothing: those of a test
// before may just be ending.
func watchers() int {
	b := make([]byte, 1<<20)
	b = b[:runtime.Stack(b, true)]
	return bytes.Count(b, []byte("created by context.(*cancelCtx).propagateCancel"))
}

// A function that comes after the end runs at once, and one that was taken back
// never does.
func TestCallAfterFunc(t *testing.T) {
	callTest(t, callPlain, func(t *testing.T, c *coatcheck.Call) {
		ran := make(chan string, 3)
		stop := context.AfterFunc(c, func() { ran <- "taken back" })
		keep := context.AfterFunc(c, func() { ran <- "at the end" })
		if !stop() || stop() {
			t.Error("taking back works once")
		}
		c.End()
		if got := <-ran; got != "at the end" {
			t.Errorf("%q ran", got)
		}
		if keep() {
			t.Error("what has run was taken back")
		}
		late := context.AfterFunc(c, func() { ran <- "late" })
		if got := <-ran; got != "late" || late() {
			t.Errorf("%q ran", got)
		}
		synctest.Wait()
		if len(ran) != 0 {
			t.Errorf("%q ran", <-ran)
		}
	})
}

// A limit as long as there can be leaves the parent its deadline: the sum with
// the time that has passed is too much for a Duration. A bubble's clock begins
// earlier, so there is none.
func TestCallWithoutALimit(t *testing.T) {
	parent, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := new(coatcheck.Call)
	c.Begin(parent, math.MaxInt64)
	defer c.End()
	if d, ok := c.Deadline(); !ok || time.Until(d) > time.Minute {
		t.Errorf("deadline in %v, want in a minute", time.Until(d))
	}
}
