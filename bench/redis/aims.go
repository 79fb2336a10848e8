package main

import (
	"cmp"
	"io"
	"slices"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

// What we aim at: as many times the requests a second of the fastest peer, or as
// small a part of the thriftiest one's processor time, whichever the machine
// can show beside the load and the Redis server; and with the local cache, as
// many times the reads a second that the store in RAM makes possible.
const (
	speedAim = 2
	costAim  = 0.5
	cacheAim = 0.8
)

func printAims(out io.Writer, rows []*row) {
	var aims []report.Aim
	for _, ours := range of(rows, ourKind) {
		peers := of(rows, peerKind)
		if len(peers) > 0 {
			aims = append(aims, peerAim(ours, peers, load.ReadPage), peerAim(ours, peers, load.CountPage))
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

// peerAim compares us with the best peers at a page.
func peerAim(ours *row, peers []*row, page string) report.Aim {
	fastest := slices.MaxFunc(peers, func(a, b *row) int { return cmp.Compare(a.Median(page).PerSecond, b.Median(page).PerSecond) })
	what := pages.Title(page) + ": requests a second over the fastest peer's (" + fastest.Name + ")"
	speed := report.AtLeast(what, speedAim, ours.Over(fastest.Row, page).PerSecond, "%.2f×")
	if ours.Median(page).CPUMicros == 0 { // this system does not tell
		return speed
	}
	thriftiest := slices.MinFunc(peers, func(a, b *row) int { return cmp.Compare(a.Median(page).CPUMicros, b.Median(page).CPUMicros) })
	what += ", or processor time over the thriftiest one's (" + thriftiest.Name + ")"
	return report.Either(what, speed, report.AtMost("", costAim, ours.Over(thriftiest.Row, page).CPUMicros, "%.2f×"))
}
