//go:build !unix

package load

import "time"

// CPUTime returns zero: only Unix tells.
func CPUTime() time.Duration { return 0 }
