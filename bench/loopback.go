package main

import (
	"fmt"
	"io"
	"runtime"

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
	lib   library
	crew  *load.Crew
	loads map[string][]load.Figure // by page, one a round
	void  error                    // why the row does not count
}

// loopbackTable prints the load that each library's server carries.
func loopbackTable(conf config, out io.Writer) error {
	rows, stop, err := startRows(conf)
	if err != nil {
		return err
	}
	defer stop()
	measureRows(rows, conf)
	fmt.Fprintf(out, loopbackText, conf.procs, conf.clients, conf.rounds, conf.measure, conf.warm)
	printRows(out, rows)
	printLoopbackTargets(out, rows)
	return nil
}

// startRows starts all servers and their visitors. Servers that nobody asks
// anything use no processor time.
func startRows(conf config) (rows []*row, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, lib := range conf.libraries {
		if lib.name == floorName {
			continue // as bare as bare over a network
		}
		srv, err := startServer(lib, conf.procs, "")
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("%s: %w", lib.name, err)
		}
		stops = append(stops, func() { _ = srv.Stop() })
		r := &row{lib: lib, loads: map[string][]load.Figure{}}
		if r.crew, r.void = load.NewCrew(srv.Addr, conf.clients, lib.sessions, srv.CPU); r.void == nil {
			stops = append(stops, r.crew.Close)
		}
		rows = append(rows, r)
	}
	return rows, stop, nil
}

// measureRows measures every row's pages once per round.
func measureRows(rows []*row, conf config) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the other processor is the server's
	for range conf.rounds {
		for _, page := range loopbackPages {
			for _, r := range rows {
				r.measure(page, conf)
			}
		}
	}
}

func (r *row) measure(page string, conf config) {
	if r.void != nil {
		return
	}
	l, err := r.crew.Run(page, conf.warm, conf.measure)
	if err != nil {
		r.void = err
		return
	}
	r.loads[page] = append(r.loads[page], l)
}

// median returns the middle of the rounds, figure by figure.
func (r *row) median(page string) load.Figure {
	var perSecond, cpu []float64
	for _, l := range r.loads[page] {
		perSecond, cpu = append(perSecond, l.PerSecond), append(cpu, l.CPUMicros)
	}
	return load.Figure{PerSecond: report.Median(perSecond), CPUMicros: report.Median(cpu)}
}

// against returns both figures as multiples of another row's, round by round.
func (r *row) against(base *row, page string) load.Figure {
	var perSecond, cpu []float64
	for i, l := range r.loads[page] {
		b := base.loads[page][i]
		perSecond, cpu = append(perSecond, l.PerSecond/b.PerSecond), append(cpu, l.CPUMicros/b.CPUMicros)
	}
	return load.Figure{PerSecond: report.Median(perSecond), CPUMicros: report.Median(cpu)}
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
	for _, r := range rows {
		if r.void != nil {
			fmt.Fprintf(out, "\nVoid: %s: %v\n", r.lib.name, r.void)
		}
	}
}

func (r *row) cell(base *row, page string) string {
	if r.void != nil {
		return "void"
	}
	l := r.median(page)
	switch {
	case l.CPUMicros == 0:
		return fmt.Sprintf("%.1fk", l.PerSecond/1000) // this system does not tell
	case base == nil || base.void != nil:
		return fmt.Sprintf("%.1fk, %.1f µs", l.PerSecond/1000, l.CPUMicros)
	}
	return fmt.Sprintf("%.1fk, %.1f µs (%.2f×)", l.PerSecond/1000, l.CPUMicros, r.against(base, page).CPUMicros)
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
	if ours == nil || ours.void != nil || base.void != nil {
		return
	}
	var aims []report.Aim
	for _, a := range loadAims {
		l := ours.against(base, a.page)
		if base.median(a.page).CPUMicros > 0 {
			aims = append(aims, report.AtMost(pageTitle(a.page)+", processor time over that of bare net/http", a.cpu, l.CPUMicros, "%.2f"))
		}
		aims = append(aims, report.AtLeast(pageTitle(a.page)+", requests per second over those of bare net/http", a.perSecond, l.PerSecond, "%.2f"))
	}
	report.PrintAims(out, append(aims, cookieLoadAims(rows)...))
}
