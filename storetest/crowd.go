package storetest

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// crowd runs every job in a goroutine of its own, all from nearly the same
// moment on, and returns when the last one is done.
func crowd(jobs ...func()) {
	var ready atomic.Int64
	var done sync.WaitGroup
	for _, job := range jobs {
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Add(1)
			// A channel would wake them one by one, too far apart to meet in
			// a store that takes a microsecond.
			for ready.Load() < int64(len(jobs)) {
				runtime.Gosched()
			}
			// Which one is a little late is another each time, so that in the
			// end each has met each of the others at every point of its way.
			for range rand.IntN(6) {
				runtime.Gosched()
			}
			job()
		}()
	}
	done.Wait()
}

// workers returns n jobs that know their number.
func workers(n int, work func(i int)) []func() {
	jobs := make([]func(), n)
	for i := range jobs {
		jobs[i] = func() { work(i) }
	}
	return jobs
}
