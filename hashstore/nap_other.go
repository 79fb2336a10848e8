//go:build !linux

package hashstore

import "time"

// nap sleeps for d, which is less than a millisecond.
func nap(d time.Duration) { time.Sleep(d) }
