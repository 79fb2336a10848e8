package main

import (
	"io"
	"math"

	"github.com/coatcheck/coatcheck/bench/report"
)

// An allowance is how much of the heap a page of ours may use per request.
type allowance struct {
	page   string
	allocs float64
	bytes  float64 // 0: not limited
}

// allowances are gated by TestAllocations.
var allowances = []allowance{
	{page: nopPage, allocs: 1, bytes: 384},
	{page: readPage, allocs: 3, bytes: 648},
	{page: structPage, allocs: 9, bytes: 920},
	{page: countPage, allocs: 5, bytes: 1392},
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

// fileAim is how many times as long as on memstore a request may take on
// hashstore.
const fileAim = 1.3

func printProcessTargets(out io.Writer, conf config, g grid, ours library) {
	var aims []report.Aim
	for _, a := range allowances {
		c := g.over(ours, a.page)
		aims = append(aims, report.AtMost(pageTitle(a.page)+", allocations", a.allocs, math.Round(c.allocs), "%.0f"))
		if a.bytes > 0 {
			aims = append(aims, report.AtMost(pageTitle(a.page)+", bytes", a.bytes, math.Round(c.bytes), "%.0f"))
		}
	}
	if floor, ok := conf.find(floorName); ok {
		aims = append(aims, report.AtMost("untouched, time over that of context.WithValue", 1.25, 1/g.times(ours, floor, nopPage), "%.2f"))
	}
	scs, haveSCS := conf.find(scsName)
	for _, a := range timeAims {
		if haveSCS && a.times > 0 {
			aims = append(aims, report.AtLeast(pageTitle(a.page)+", scs takes as long", a.times, g.times(ours, scs, a.page), "%.1f×"))
		}
		aims = append(aims, report.AtMost(pageTitle(a.page)+", nanoseconds", a.ns, g.over(ours, a.page).ns, "%.0f"))
	}
	if file, ok := conf.find(ourFileName); ok {
		for _, page := range []string{readPage, countPage} {
			aims = append(aims, report.AtMost(pageTitle(page)+", the whole request's time on hashstore over that on memstore", fileAim, g.whole(file, ours, page), "%.2f"))
		}
	}
	report.PrintAims(out, append(aims, cookieAims(conf, g)...))
}
