package hashstore

import (
	"syscall"
	"time"
)

// nap sleeps for d, which is less than a millisecond. [time.Sleep] makes it one
// where no other goroutine is busy, since the runtime then waits in epoll, which
// counts in milliseconds.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // a signal that ends it early does no harm
}
