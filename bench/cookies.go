package main

import (
	"github.com/coatcheck/coatcheck/bench/report"
)

// cookiesAim is how many times as much as our encrypted cookies the signed ones
// of gorilla shall cost: what a session adds to a request without one.
const cookiesAim = 5

const (
	gorillaCookieName = "gorilla, cookie"
	cookiesTitle      = ", sealed: gorilla's signed cookie adds"
)

// cookieAims compares sealed sessions with gorilla's cookies in process.
func cookieAims(conf config, g grid) (aims []report.Aim) {
	ours, have := conf.find(ourSealedName)
	theirs, haveTheirs := conf.find(gorillaCookieName)
	if !have || !haveTheirs {
		return nil
	}
	for _, page := range []string{readPage, countPage} {
		aims = append(aims, report.AtLeast(pageTitle(page)+cookiesTitle, cookiesAim, g.times(ours, theirs, page), "%.1f×"))
	}
	return aims
}

// cookieLoadAims does the same by the servers' processor time over loopback.
func cookieLoadAims(rows []*row) (aims []report.Aim) {
	ours, theirs, base := findRow(rows, ourSealedName), findRow(rows, gorillaCookieName), findRow(rows, bareName)
	if ours == nil || theirs == nil || ours.Void != nil || theirs.Void != nil {
		return nil
	}
	for _, page := range []string{readPage, countPage} {
		var times []float64
		for i, bare := range base.Figures(page) {
			times = append(times, (theirs.Figures(page)[i].CPUMicros-bare.CPUMicros)/(ours.Figures(page)[i].CPUMicros-bare.CPUMicros))
		}
		aims = append(aims, report.AtLeast(pageTitle(page)+cookiesTitle+" to processor time", cookiesAim, report.Median(times), "%.1f×"))
	}
	return aims
}
