//go:build darwin || freebsd

package hashstore

import "syscall"

// bootID is the time at which the machine started.
func bootID() (id [16]byte, err error) {
	v, err := syscall.Sysctl("kern.boottime")
	copy(id[:], v)
	return id, err
}

func sameBoot(a, b [16]byte) bool { return a == b }
