// Package filelock locks files against other processes, and against other opens
// in the same one. The system takes a lock away when its process ends, however it
// ends.
package filelock

import "os"

// Try locks f until [Unlock], or until it is closed. held is false if somebody
// else has it. Reading and writing go on as before. Where no such locks are the error is [errors.ErrUnsupported].
func Try(f *os.File) (held bool, err error) { return try(f) }

// Unlock gives the lock of f back.
func Unlock(f *os.File) error { return unlock(f) }
