package broken

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// clocked returns a store whose clock is wrong, which makes its idea of expiry
// wrong in all methods.
func clocked(name string, wrong func(now time.Time) time.Time) Store {
	return Store{name, func(r *Reference) coatcheck.Store {
		right := r.now
		r.now = func() time.Time { return wrong(right()) }
		return r
	}}
}

var expiries = []Store{
	// Long before every Expires.
	clocked("serves-expired", func(time.Time) time.Time { return time.Unix(-1<<40, 0) }),
	// now > Expires instead of now ≥ Expires.
	clocked("ends-a-nanosecond-late", func(now time.Time) time.Time { return now.Add(-time.Nanosecond) }),
	clocked("ends-a-millisecond-early", func(now time.Time) time.Time { return now.Add(time.Millisecond) }),
	clocked("ends-with-the-second", func(now time.Time) time.Time { return now.Truncate(time.Second) }),
	clocked("ends-with-the-millisecond-rounded-up", func(now time.Time) time.Time {
		return now.Add(time.Millisecond - 1).Truncate(time.Millisecond)
	}),
	{"ends-by-the-time-of-day", func(r *Reference) coatcheck.Store {
		r.now = time.Now
		return r
	}},
	// A clock that never goes back.
	{"time-never-goes-back", func(r *Reference) coatcheck.Store {
		var latest time.Time // guarded by the store's mutex
		right := r.now
		r.now = func() time.Time {
			if now := right(); now.After(latest) {
				latest = now
			}
			return latest
		}
		return r
	}},
}
