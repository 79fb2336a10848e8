package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
)

const speedText = `
## One process, without fsync

%d records of about 1 KB, keys uniform; each engine in a process of its own,
with a heap of 64 MB besides. A get is verified; a touch moves the deadline for
idleness; a put replaces a record if its version is the known one; 90/10 is nine
gets and a put; churn is one record created and another deleted. Each cell: how
many times as much as %s takes at the same in the same round, with one
thread / with two; in brackets the figure for one operation. Medians; rounds:
%d, each of which visits all engines in turn for %v a cell.
`

// A clock is a way to measure an operation, and a table of its own.
type clock struct {
	name  string
	title string
	of    func(effort) float64
}

// clocks are the two. Processor time is what the machine pays, background work
// included; other programs on it disturb that less.
var clocks = []clock{
	{"cpu", "Processor time, user and system, of all of the engine's threads:", effort.cpuNanos},
	{"wall", "Time that passes for one thread:", effort.nanos},
}

// speedThreads are the numbers of threads.
var speedThreads = []int{1, 2}

// speedTable prints what one operation takes.
func speedTable(conf config, out io.Writer) error {
	rs, stop, err := startRows(conf.engines(func(k kind) bool { return !k.only }), conf, 1, conf.records, false)
	if err != nil {
		return err
	}
	defer stop()
	for range conf.rounds {
		rs.measureSpeed(conf)
	}
	base := rs.find(conf.base)
	if base == nil {
		rs.printVoids(out)
		return fmt.Errorf("nothing to compare with: no row %q", conf.base)
	}
	fmt.Fprintf(out, speedText, conf.records, conf.base, conf.rounds, conf.slice)
	for _, c := range clocks {
		rs.printSpeed(out, base, c)
	}
	rs.printVoids(out)
	printSettings(out, rs)
	printSpeedAims(out, rs, base)
	return nil
}

func (rs rows) measureSpeed(conf config) {
	for _, op := range opNames {
		for _, n := range speedThreads {
			for _, r := range rs {
				done := r.do(order{Op: op, Threads: n, For: conf.slice})
				for _, c := range clocks {
					r.note(c.cell(op, n), c.of(done.effort))
				}
			}
		}
	}
}

// cell names what so many threads do.
func cell(op string, threads int) string { return fmt.Sprintf("%s %d", op, threads) }

// cell names what so many threads do, by the clock.
func (c clock) cell(op string, threads int) string { return cell(op, threads) + " " + c.name }

func (rs rows) printSpeed(out io.Writer, base *row, by clock) {
	fmt.Fprintf(out, "\n%s\n\n", by.title)
	t := report.NewTable(append([]string{""}, opNames...)...)
	for _, r := range rs {
		cells := []string{r.kind.name}
		for _, op := range opNames {
			cells = append(cells, r.speedCell(base, op, by))
		}
		t.Add(cells...)
	}
	t.Print(out)
}

func (r *row) speedCell(base *row, op string, by clock) string {
	if r.void != nil {
		return "void"
	}
	one, two := by.cell(op, 1), by.cell(op, 2)
	times := fmt.Sprintf("%s / %s", report.Micros(r.median(one)), report.Micros(r.median(two)))
	if r == base {
		return times
	}
	return fmt.Sprintf("%s / %s (%s)", ratio(r.over(base, one)), ratio(r.over(base, two)), times)
}

// ratio writes a multiple, two or three digits.
func ratio(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f×", x)
	case x < 100:
		return fmt.Sprintf("%.1f×", x)
	}
	return fmt.Sprintf("%.0f×", x)
}

// printSettings says how each engine was set up.
func printSettings(out io.Writer, rs rows) {
	fmt.Fprint(out, "\nSettings:\n\n")
	for _, r := range rs {
		fmt.Fprintf(out, "- %s: %s.\n", r.kind.name, r.kind.settings)
	}
}

// speedAims are what we aim at: how many times as long others take at least,
// or at most.
var speedAims = []struct {
	op    string
	peers []string
	least float64
}{
	{"put", []string{"SQLite, modernc", "SQLite, mattn", "bbolt"}, 25},
	{"touch", []string{"SQLite, modernc", "SQLite, mattn", "bbolt"}, 100},
}

// getAim is how many times as long as the RAM map a get of ours may take.
const getAim = 1.5

// printSpeedAims judges by processor time.
func printSpeedAims(out io.Writer, rs rows, base *row) {
	if base.kind.name != hashName {
		return
	}
	by := clocks[0]
	var aims []report.Aim
	if r := rs.find(ramName); r != nil {
		for _, n := range speedThreads {
			aims = append(aims, report.AtMost(fmt.Sprintf("get, processor time over the RAM map's, threads: %d", n), getAim, base.over(r, by.cell("get", n)), "%.2f×"))
		}
	}
	for _, a := range speedAims {
		for _, peer := range a.peers {
			r := rs.find(peer)
			if r == nil {
				continue
			}
			for _, n := range speedThreads {
				aims = append(aims, report.AtLeast(fmt.Sprintf("%s, processor time of %s over ours, threads: %d", a.op, peer, n), a.least, r.over(base, by.cell(a.op, n)), "%.1f×"))
			}
		}
	}
	report.PrintAims(out, aims)
}
