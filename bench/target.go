package main

import (
	"fmt"
	"io"
	"math"
)

// A target is a bound on one of our figures and what it came to.
type target struct {
	what   string
	limit  string
	figure string
	met    bool
}

// atMost is a target that a figure must not exceed.
func atMost(what string, limit, figure float64, format string) target {
	return target{what, "≤ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, figure), figure <= limit}
}

// atLeast is a target that a figure must reach.
func atLeast(what string, limit, figure float64, format string) target {
	return target{what, "≥ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, figure), figure >= limit}
}

// printTargets prints what was aimed at and what came out. Allocations are
// exact and gated by a test; the rest depends on the machine and is only
// shown.
func printTargets(out io.Writer, targets []target) {
	fmt.Fprint(out, "\nWhat coatcheck aims at, and what came out in this run:\n\n")
	t := &table{head: []string{"", "aim", "this run", ""}}
	for _, aim := range targets {
		verdict := "met"
		if !aim.met {
			verdict = "**missed**"
		}
		t.add(aim.what, aim.limit, aim.figure, verdict)
	}
	t.print(out)
}

// An allowance is how much of the heap a page of ours may use per request.
type allowance struct {
	page   string
	allocs float64
	bytes  float64 // 0: not limited
}

// allowances are gated by TestAllocations.
var allowances = []allowance{
	{page: nopPage, allocs: 1, bytes: 384},
	{page: readPage, allocs: 3, bytes: 744},
	{page: structPage, allocs: 9},
	{page: countPage, allocs: 5, bytes: 1488},
}

// timeAims are the aims for time: in multiples of what scs takes (0: none)
// and in nanoseconds.
var timeAims = []struct {
	page  string
	times float64
	ns    float64
}{
	{readPage, 15, 1500},
	{structPage, 0, 3000},
	{countPage, 15, 2500},
}

func printProcessTargets(out io.Writer, conf config, g grid, ours library) {
	var aims []target
	for _, a := range allowances {
		c := g.over(ours, a.page)
		aims = append(aims, atMost(pageTitle(a.page)+", allocations", a.allocs, math.Round(c.allocs), "%.0f"))
		if a.bytes > 0 {
			aims = append(aims, atMost(pageTitle(a.page)+", bytes", a.bytes, math.Round(c.bytes), "%.0f"))
		}
	}
	if floor, ok := conf.find(floorName); ok {
		aims = append(aims, atMost("untouched, time over that of context.WithValue", 1.25, 1/g.times(ours, floor, nopPage), "%.2f"))
	}
	scs, haveSCS := conf.find(scsName)
	for _, a := range timeAims {
		if haveSCS && a.times > 0 {
			aims = append(aims, atLeast(pageTitle(a.page)+", scs takes as long", a.times, g.times(ours, scs, a.page), "%.1f×"))
		}
		aims = append(aims, atMost(pageTitle(a.page)+", nanoseconds", a.ns, g.over(ours, a.page).ns, "%.0f"))
	}
	printTargets(out, aims)
}
