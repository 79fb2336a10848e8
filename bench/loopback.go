package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/report"
)

// loopbackPages are the columns of the loopback table.
var loopbackPages = []string{nopPage, readPage, countPage}

const loopbackText = `
## Over loopback

Requests per second, and the server's processor time per request in
microseconds (user and system, as the kernel accounts it to the server's
process). One server process per library with GOMAXPROCS=%d, so that its
requests do not also pay for the scheduler's search for idle processors; one
client process with GOMAXPROCS=1 and %d keep-alive connections, each with a
session of its own of ten keys. Every reply is verified: the visitor's own
name, or exactly the next number of its session; one wrong reply voids the
row. The bare servers get the same requests, with a cookie as long as ours.
Medians; rounds: %d, each of which visits all libraries in turn and measures
%v after %v of warm-up. In brackets: processor time as a multiple of bare
net/http's in the same round.

`

// A row is one library over loopback.
type row struct {
	*load.Row
	lib library
}

// loopbackTable prints the load that each library's server carries.
func loopbackTable(conf config, out io.Writer) error {
	rows, err := startRows(conf)
	if err != nil {
		return err
	}
	defer func() { _ = load.CloseAll(loads(rows)) }()
	load.MeasureAll(loads(rows), loopbackPages, conf.pace)
	p := conf.pace
	fmt.Fprintf(out, loopbackText, p.Procs, p.Clients, p.Rounds, p.Measure, p.Warm)
	printRows(out, rows)
	printLoopbackTargets(out, rows)
	return nil
}

// startRows starts all servers and their visitors. Servers that nobody asks
// anything use no processor time.
func startRows(conf config) (rows []*row, err error) {
	for _, lib := range conf.libraries {
		if lib.name == floorName {
			continue // as bare as bare over a network
		}
		srv, err := startServer(lib, conf.pace.Procs, "")
		if err != nil {
			_ = load.CloseAll(loads(rows))
			return nil, fmt.Errorf("%s: %w", lib.name, err)
		}
		rows = append(rows, &row{load.StartRow(lib.name, srv, conf.pace.Clients, lib.sessions, nil), lib})
	}
	return rows, nil
}

// loads are the rows as package load has them.
func loads(rows []*row) []*load.Row {
	list := make([]*load.Row, len(rows))
	for i, r := range rows {
		list[i] = r.Row
	}
	return list
}

func printRows(out io.Writer, rows []*row) {
	t := report.NewTable(pageTitles(loopbackPages)...)
	base := findRow(rows, bareName)
	for _, r := range rows {
		cells := []string{r.lib.name}
		for _, page := range loopbackPages {
			cells = append(cells, r.cell(base, page))
		}
		t.Add(cells...)
	}
	t.Print(out)
	load.PrintVoids(out, loads(rows))
}

func (r *row) cell(base *row, page string) string {
	if r.Void != nil {
		return "void"
	}
	l := r.Median(page)
	switch {
	case l.CPUMicros == 0:
		return fmt.Sprintf("%.1fk", l.PerSecond/1000) // this system does not tell
	case base == nil || base.Void != nil:
		return fmt.Sprintf("%.1fk, %.1f µs", l.PerSecond/1000, l.CPUMicros)
	}
	return fmt.Sprintf("%.1fk, %.1f µs (%.2f×)", l.PerSecond/1000, l.CPUMicros, r.Over(base.Row, page).CPUMicros)
}

func findRow(rows []*row, name string) *row {
	for _, r := range rows {
		if r.lib.name == name {
			return r
		}
	}
	return nil
}

// loadAims are what we aim at over loopback, as multiples of bare net/http's.
var loadAims = []struct {
	page      string
	cpu       float64
	perSecond float64
}{
	{readPage, 1.15, 0.90},
	{countPage, 1.25, 0.85},
}

func printLoopbackTargets(out io.Writer, rows []*row) {
	ours, base := findRow(rows, ourName), findRow(rows, bareName)
	if ours == nil || ours.Void != nil || base.Void != nil {
		return
	}
	var aims []report.Aim
	for _, a := range loadAims {
		l := ours.Over(base.Row, a.page)
		if base.Median(a.page).CPUMicros > 0 {
			aims = append(aims, report.AtMost(pageTitle(a.page)+", processor time over that of bare net/http", a.cpu, l.CPUMicros, "%.2f"))
		}
		aims = append(aims, report.AtLeast(pageTitle(a.page)+", requests per second over those of bare net/http", a.perSecond, l.PerSecond, "%.2f"))
	}
	report.PrintAims(out, append(aims, cookieLoadAims(rows)...))
}
