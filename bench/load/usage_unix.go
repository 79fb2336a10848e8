//go:build unix

package load

import (
	"syscall"
	"time"
)

// CPUTime returns the processor time that this process has used, in user
// space and in the kernel; zero where the system does not tell.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
