//go:build linux && !(amd64 || arm64 || 386 || arm)

package hashstore

// No system call has this number, so that writeSync takes the other way.
const sysPwritev2 = 1<<31 - 1
