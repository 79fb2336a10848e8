package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A bench is an engine at work in this process. It is used by one goroutine.
type bench struct {
	engine  engine
	workers []*worker
	first   int    // number of the first worker, which is unique among processes
	slots   []slot // the records that should be there, when no worker has them
}

// An effort is what some workers did.
type effort struct {
	Ops  int           // how many operations
	Busy time.Duration // the workers' time, added up
	Took time.Duration // from beginning to end
	CPU  time.Duration // processor time of the whole process; zero where the system does not tell
}

// nanos is the time of one operation of one worker.
func (e effort) nanos() float64 { return float64(e.Busy.Nanoseconds()) / float64(max(e.Ops, 1)) }

// cpuNanos is the processor time of one operation.
func (e effort) cpuNanos() float64 { return float64(e.CPU.Nanoseconds()) / float64(max(e.Ops, 1)) }

// perSecond is what all workers did together.
func (e effort) perSecond() float64 { return float64(e.Ops) / e.Took.Seconds() }

// run lets n workers do op for about d, or times times if that is above zero.
// Each has its part of the slots.
func (b *bench) run(op func(*worker) error, n int, d time.Duration, times int) (effort, error) {
	if err := b.hire(n); err != nil {
		return effort{}, err
	}
	var (
		all   sync.WaitGroup
		stop  atomic.Bool
		done  = make([]effort, n)
		fails = make([]error, n)
		begin = time.Now()
		used  = load.CPUTime()
	)
	for i, w := range b.deal(n) {
		all.Go(func() {
			done[i], fails[i] = w.work(op, &stop, share(times, n, i), times > 0)
		})
	}
	if times == 0 {
		time.Sleep(d)
		stop.Store(true)
	}
	all.Wait()
	sum := effort{Took: time.Since(begin), CPU: load.CPUTime() - used}
	for _, e := range done {
		sum.Ops, sum.Busy = sum.Ops+e.Ops, sum.Busy+e.Busy
	}
	b.collect(n)
	return sum, errors.Join(fails...)
}

// share is the part of times that falls to worker i of n.
func share(times, n, i int) int { return times*(i+1)/n - times*i/n }

// work does op again and again, until stop or, if counted, as often as times.
func (w *worker) work(op func(*worker) error, stop *atomic.Bool, times int, counted bool) (effort, error) {
	begin, n := time.Now(), 0
	for ; !stop.Load() && (!counted || n < times); n++ {
		if err := op(w); err != nil {
			return effort{}, err
		}
	}
	return effort{Ops: n, Busy: time.Since(begin)}, nil
}

// hire makes sure that there are n workers.
func (b *bench) hire(n int) error {
	for len(b.workers) < n {
		h, err := b.engine.hand()
		if err != nil {
			return err
		}
		b.workers = append(b.workers, newWorker(h, b.first+len(b.workers)))
	}
	return nil
}

// deal gives each of n workers its part of the slots.
func (b *bench) deal(n int) []*worker {
	for i, w := range b.workers[:n] {
		from, to := len(b.slots)*i/n, len(b.slots)*(i+1)/n
		w.slots = b.slots[from:to:to]
	}
	return b.workers[:n]
}

// collect takes the slots back.
func (b *bench) collect(n int) {
	var slots []slot
	for _, w := range b.workers[:n] {
		slots = append(slots, w.slots...)
		w.slots = nil
	}
	b.slots = slots
}

// compact lets the engine give back space, while nobody holds on to anything.
func (b *bench) compact() error {
	for _, w := range b.workers {
		if err := w.hand.close(); err != nil {
			return err
		}
	}
	err := b.engine.compact()
	for _, w := range b.workers {
		var errHand error
		w.hand, errHand = b.engine.hand()
		err = errors.Join(err, errHand)
	}
	return err
}

// close ends the workers and the engine.
func (b *bench) close() error {
	var errs []error
	for _, w := range b.workers {
		errs = append(errs, w.hand.close())
	}
	return errors.Join(append(errs, b.engine.close())...)
}
