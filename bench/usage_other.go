//go:build !unix

package main

import "time"

// cpuTime returns zero: only Unix tells.
func cpuTime() time.Duration { return 0 }
