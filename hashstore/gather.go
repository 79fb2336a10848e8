package hashstore

import (
	"runtime"
	"time"
)

// How long a leader waits for those that were just let go. Where others keep the
// processors busy, one yield may take longer than the disk does.
const (
	gatherYields = 16
	gatherTime   = 100 * time.Microsecond
)

// gather lets those come again whom the last batch has let go. Without it many
// writers become two crowds, each of which waits while the other's is written.
func (q *queue) gather() {
	if q.enough() {
		return
	}
	begin := time.Now()
	for range gatherYields {
		runtime.Gosched()
		if q.enough() || time.Since(begin) > gatherTime {
			return
		}
	}
}

// enough reports whether there is nobody to wait for.
func (q *queue) enough() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) >= q.expected
}

// expect notes that so many changes have come to their end, and that as many may
// follow.
func (q *queue) expect(ended int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expected = ended + len(q.waiting)
}
