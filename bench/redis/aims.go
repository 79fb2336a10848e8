package main

import (
	"cmp"
	"io"
	"slices"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

// What we aim at: as many times the requests a second of the best peer, or, if
// what the machine has left does not show that, as small a part of its
// processor time; and with the local cache, as many times the reads a second
// that the store in RAM makes possible.
const (
	speedAim = 2
	costAim  = 0.5
	cacheAim = 0.8
)

func printAims(out io.Writer, rows []*row) {
	var aims []report.Aim
	for _, ours := range of(rows, ourKind) {
		peers := of(rows, peerKind)
		for _, page := range []string{load.ReadPage, load.CountPage} {
			aims = append(aims, peerAims(ours, peers, page)...)
		}
		aims = append(aims,
			report.AtMost("untouched, round trips", 0, ours.trips[load.NopPage], "%.3g"),
			report.AtMost("read, round trips", 1, ours.trips[load.ReadPage], "%.3g"))
		for _, cached := range of(rows, cachedKind) {
			for _, ram := range of(rows, ramKind) {
				aims = append(aims, report.AtLeast("read with the local cache, requests a second over those of memstore",
					cacheAim, cached.Over(ram.Row, load.ReadPage).PerSecond, "%.2f×"))
			}
		}
	}
	report.PrintAims(out, aims)
}

// peerAims compares us with the best peer at a page: in speed with the fastest,
// in processor time with the thriftiest.
func peerAims(ours *row, peers []*row, page string) (aims []report.Aim) {
	if len(peers) == 0 {
		return nil
	}
	title := pages.Titles[page]
	fastest := slices.MaxFunc(peers, func(a, b *row) int { return cmp.Compare(a.Median(page).PerSecond, b.Median(page).PerSecond) })
	aims = append(aims, report.AtLeast(title+", requests a second over those of "+fastest.Name, speedAim, ours.Over(fastest.Row, page).PerSecond, "%.2f×"))
	if ours.Median(page).CPUMicros == 0 { // this system does not tell
		return aims
	}
	thriftiest := slices.MinFunc(peers, func(a, b *row) int { return cmp.Compare(a.Median(page).CPUMicros, b.Median(page).CPUMicros) })
	return append(aims, report.AtMost(title+", processor time over that of "+thriftiest.Name, costAim, ours.Over(thriftiest.Row, page).CPUMicros, "%.2f×"))
}
