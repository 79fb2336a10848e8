package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

const loopbackText = `
## Over loopback

Processor time of the server as a multiple of the bare handler's on the same
backend, in the same round; in brackets the time per request, user and system,
without that of the database; then requests per second. The bare handler reads
the record by its primary key through the same driver and pool, as our own
store does, and finds the reply in its bytes; to count, it writes the record by
its primary key, with no check.
Each server is a process of its own with GOMAXPROCS=%d and %d connections to
its database; one client process with GOMAXPROCS=1 and %d keep-alive
connections, each with a session of its own of ten keys. Every reply is
verified: the visitor's own name, or exactly the next number of its session;
one wrong reply voids the row. No database waits for the disk. Medians; rounds:
%d, each of which visits all servers in turn and measures %v after %v of
warm-up.

`

func printRows(out io.Writer, rows []*row, conf config) {
	fmt.Fprintf(out, loopbackText, conf.pace.Procs, conf.pool, conf.pace.Clients, conf.pace.Rounds, conf.pace.Measure, conf.pace.Warm)
	t := report.NewTable(append([]string{"", ""}, pages.Titles()...)...)
	for _, r := range rows {
		cells := []string{r.place.title(), r.site.name}
		for _, page := range pages.Names() {
			cells = append(cells, r.cell(of(rows, r.place.Name, bareKind), page))
		}
		t.Add(cells...)
	}
	t.Print(out)
	load.PrintVoids(out, loads(rows))
}

func (r *row) cell(bare []*row, page string) string {
	f := r.Median(page)
	switch {
	case r.Void != nil:
		return "void"
	case f.CPUMicros == 0 || len(bare) == 0: // this system does not tell
		return fmt.Sprintf("%.1fk/s", f.PerSecond/1000)
	}
	return fmt.Sprintf("%.2f× (%.1f µs), %.1fk/s", r.Over(bare[0].Row, page).CPUMicros, f.CPUMicros, f.PerSecond/1000)
}

// What we aim at: a read's processor time over the bare handler's, and how
// many times as many counts a second as a peer.
const (
	readAim  = 1.1
	countAim = 1.3
)

func printAims(out io.Writer, rows []*row) {
	var aims []report.Aim
	for _, name := range backendNames {
		for _, ours := range of(rows, name, ourKind) {
			aims = append(aims, aimsOf(ours, of(rows, name, bareKind), of(rows, name, peerKind))...)
		}
	}
	report.PrintAims(out, aims)
}

func aimsOf(ours *row, bare, peers []*row) (aims []report.Aim) {
	title := ours.place.title()
	for _, b := range bare {
		aims = append(aims, report.AtMost(title+", read: processor time over the bare handler's", readAim, ours.Over(b.Row, load.ReadPage).CPUMicros, "%.2f×"))
	}
	for _, p := range peers {
		aims = append(aims,
			report.AtMost(title+", read: processor time over that of "+p.site.name, 1, ours.Over(p.Row, load.ReadPage).CPUMicros, "%.2f×"),
			report.AtLeast(title+", count: requests a second over those of "+p.site.name, countAim, ours.Over(p.Row, load.CountPage).PerSecond, "%.2f×"))
	}
	return append(aims, report.AtMost(title+", read: writes of one request", 0, ours.writes[load.ReadPage], "%.2g"))
}
