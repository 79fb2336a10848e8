package main

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/coatcheck/coatcheck/bench/report"
)

// A cost is what serving one request took.
type cost struct {
	ns, allocs, bytes float64
}

func (c cost) minus(d cost) cost {
	return cost{c.ns - d.ns, c.allocs - d.allocs, c.bytes - d.bytes}
}

// String writes time, allocations, bytes.
func (c cost) String() string {
	return fmt.Sprintf("%s, %.0f, %.0f B", report.Micros(c.ns), math.Abs(math.Round(c.allocs)), math.Abs(math.Round(c.bytes)))
}

// nothing is the time in nanoseconds below which the difference between two
// runs of the same code is noise.
const nothing = 30

// medianCost returns the median of each figure.
func medianCost(costs []cost) cost {
	var ns, allocs, bytes []float64
	for _, c := range costs {
		ns, allocs, bytes = append(ns, c.ns), append(allocs, c.allocs), append(bytes, c.bytes)
	}
	return cost{report.Median(ns), report.Median(allocs), report.Median(bytes)}
}

// measure serves the probe over and over for about the given time.
func measure(p probe, slice time.Duration) cost {
	runtime.GC() // nobody pays for another's garbage
	n := calibrate(p, slice)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	for range n {
		p.serve()
	}
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	each := 1 / float64(n)
	return cost{
		ns:     float64(took.Nanoseconds()) * each,
		allocs: float64(after.Mallocs-before.Mallocs) * each,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) * each,
	}
}

// calibrate warms the probe up and returns how often it can be served in
// slice.
func calibrate(p probe, slice time.Duration) int {
	for n := 16; ; n *= 2 {
		begin := time.Now()
		for range n {
			p.serve()
		}
		if took := time.Since(begin); took > slice/8 {
			return max(1, int(float64(n)*float64(slice)/float64(took)))
		}
	}
}
