package memcachestore

import (
	"math"
	"time"
)

// grace is how long memcached keeps what has expired, for the sake of clocks
// that differ: the deadline that counts is in the record.
const grace = time.Hour

// expiration is when memcached may forget a record, in its own terms: seconds
// since 1970, since what is below thirty days it takes for a time from now. It
// goes by the time of day, while the record goes by the clock now.
func expiration(expires, now time.Time) int32 {
	at := time.Now().Add(expires.Sub(now)).Add(grace).Unix()
	switch {
	case at > math.MaxInt32:
		return 0 // never: its own count ends in 2038
	case at < 1:
		return -1 // at once
	}
	return int32(at)
}
