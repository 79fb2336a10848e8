package coatcheck

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// FloodOptions limit how many anonymous sessions are born, so that nobody can
// fill the store by making the site begin new ones. The zero value limits
// nothing, since no number suits every site, and behind a proxy the default
// Client would take all visitors for one: look at both before you set a budget.
//
// A budget is full at first, each birth takes one from it, and it fills up again
// evenly, wholly in one Window. So within any Window at most twice the number
// are born. Attempts count, whether the store then has room or not. Requests
// that change nothing are not counted, nor are those that come with a live
// session, logins, and sealed sessions, which take no room; but one that moves
// into the store without a login (see Options.AnonymousSealer) counts as if it
// was born there. Each process has budgets of its own. Logged-in sessions have
// nothing to do with them.
type FloodOptions struct {
	// PerClient is how many sessions one client may begin in a Window. A
	// client is mostly a network with many people in it: 60 a minute is a lot
	// for one of them and enough for an office. Default 0: no limit.
	//
	// The counters take 512 KiB, however many clients there are: each has four
	// of 65,536, shared with others by chance, and the least of the four
	// counts. So no client ever begins more than it may. While thousands of
	// clients use theirs up, a few others are refused with them: one in 500
	// while four thousand do, one in 25 while ten thousand do.
	PerClient int

	// Total is how many sessions all clients together may begin in a Window,
	// those begun outside HTTP included. Set it to what the store can hold
	// for as long as an unused session lives and then waits to be swept, see
	// Options.SweepInterval. Default 0: no limit.
	Total int

	// Window is the time in which a budget fills up. Default 1 minute; from a
	// second to a day.
	Window time.Duration

	// Client names the client of a request. Default [TruncatedAddress](nil),
	// the network of the connection's other end. Behind a proxy give it a
	// [ForwardedAddress]. Requests with the same name, "" included, share a
	// budget. Sessions begun outside HTTP, by [Manager.Open], have no client.
	Client func(*http.Request) string

	// Allow is asked before a birth is refused, and may let it happen: for
	// clients that are known, or to be told of each refusal. It is called on
	// the request's goroutine, so it must be fast and safe for concurrent
	// use; outside HTTP the request is nil. Default: nothing is allowed.
	Allow func(r *http.Request, refused *FloodError) bool
}

// A FloodError is why an anonymous session was not born: a budget of
// [FloodOptions] is spent. It wraps [ErrFull], since to the visitor it is the
// same. The message names no client.
type FloodError struct {
	Client     string        // whose budget is spent; "" for that of all
	Total      bool          // it is the budget of all
	RetryAfter time.Duration // when the next birth would have been allowed
}

// Error implements error.
func (e *FloodError) Error() string {
	whose := "its client"
	if e.Total {
		whose = "all clients"
	}
	return fmt.Sprintf("coatcheck: no new session: the budget of %s is spent for %v", whose, e.RetryAfter.Round(time.Millisecond))
}

// Unwrap returns [ErrFull].
func (e *FloodError) Unwrap() error { return ErrFull }

// answer returns what DefaultErrorHandler says, and adds when to come back.
func (e *FloodError) answer(h http.Header) (status int, text string) {
	h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
	if e.Total {
		return http.StatusServiceUnavailable, "There are too many new visitors at the moment. Please try again."
	}
	return http.StatusTooManyRequests, "Too many new sessions were begun from your network. Please try again later."
}

// Reasons of EventRefused.
const (
	reasonClient = "client"
	reasonTotal  = "total"
)

const defaultWindow = time.Minute

// fill puts the defaults in, or says which field breaks a rule.
func (o *FloodOptions) fill() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"PerClient", o.PerClient}, {"Total", o.Total}} {
		if f.value < 0 || f.value > math.MaxInt32 {
			return optionError("Flood."+f.name, "is %d; it must be between 1 and %d, or 0 for no limit", f.value, math.MaxInt32)
		}
	}
	switch {
	case o.Window == 0:
		o.Window = defaultWindow
	case o.Window < time.Second || o.Window > 24*time.Hour:
		return optionError("Flood.Window", "is %v; it must be between 1s and 24h, or 0 for the default", o.Window)
	case o.PerClient == 0 && o.Total == 0:
		return optionError("Flood.Window", "is %v, but there is no budget: set Flood.PerClient or Flood.Total, or leave it 0", o.Window)
	}
	if o.Client == nil {
		o.Client = TruncatedAddress(nil)
	}
	return nil
}

// admit lets a session be born, or refuses it. The caller holds no lock.
func (s *Session) admit(ctx context.Context) error {
	f := s.m.flood
	if f == nil {
		return nil
	}
	var r *http.Request
	client := ""
	if s.v != nil {
		r = &s.v.request
	}
	if r != nil && f.clients != nil {
		client = s.m.opts.Flood.Client(r)
	}
	refused := f.spend(client, r != nil, s.m.opts.Now())
	if refused == nil {
		return nil
	}
	if allow := s.m.opts.Flood.Allow; allow != nil && allow(r, refused) {
		return nil
	}
	reason := reasonClient
	if refused.Total {
		reason = reasonTotal
	}
	s.m.emit(ctx, Event{Kind: EventRefused, Reason: reason})
	return refused
}
