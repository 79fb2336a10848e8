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

Requests per second; processor time per request of the web server's process and,
behind the plus, of the Redis server's, user and system; in brackets the first
as a multiple of ours on Redis, in the same round. Each web server is a process of
its own with GOMAXPROCS=%d, those that have a pool with %d connections to the
one Redis server; one client process with GOMAXPROCS=1 and %d keep-alive
connections, each with a session of its own of ten keys. Every reply is
verified: the visitor's own name, or exactly the next number of its session; one
wrong reply voids the row. The bare handler reads one hash through the client
library that ours uses, one command at a time, and finds the reply in its bytes;
to count, it writes it with no check. Medians; rounds: %d, each of which visits all servers in turn and measures
%v after %v of warm-up.

`

func printRows(out io.Writer, rows []*row, conf config) {
	p := conf.pace
	fmt.Fprintf(out, loopbackText, p.Procs, conf.pool, p.Clients, p.Rounds, p.Measure, p.Warm)
	t := report.NewTable(append([]string{""}, pages.Titles()...)...)
	ours := of(rows, ourKind)
	for _, r := range rows {
		cells := []string{r.site.name}
		for _, page := range pages.Names() {
			cells = append(cells, r.cell(ours, page))
		}
		t.Add(cells...)
	}
	t.Print(out)
	load.PrintVoids(out, loads(rows))
}

func (r *row) cell(ours []*row, page string) string {
	f := r.Median(page)
	switch {
	case r.Void != nil:
		return "void"
	case f.CPUMicros == 0: // this system does not tell
		return fmt.Sprintf("%.1fk/s", f.PerSecond/1000)
	case len(ours) == 0:
		return fmt.Sprintf("%.1fk/s, %.1f + %.1f µs", f.PerSecond/1000, f.CPUMicros, f.Behind)
	}
	return fmt.Sprintf("%.1fk/s, %.1f + %.1f µs (%.2f×)", f.PerSecond/1000, f.CPUMicros, f.Behind, r.Over(ours[0].Row, page).CPUMicros)
}
