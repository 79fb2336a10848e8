package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
)

const sharingText = `
## Two processes on the same files, without fsync

%d records, half of them each process's to change; one thread each. Each cell:
how many times as many operations a second %s does, both processes together,
in the same round; in brackets the engine's own. Medians; rounds: %d of %v.

`

var sharingOps = []string{"get", "touch", "put"}

// sharingTable prints what two processes do on the same files.
func sharingTable(conf config, out io.Writer) error {
	rs, stop, err := startRows(conf.engines(func(k kind) bool { return k.shared && !k.only }), conf, 2, conf.records, false)
	if err != nil {
		return err
	}
	defer stop()
	for range conf.rounds {
		for _, op := range sharingOps {
			for _, r := range rs {
				r.note(op, r.do(order{Op: op, Threads: 1, For: conf.slice}).perSecond())
			}
		}
	}
	fmt.Fprintf(out, sharingText, conf.records, conf.base, conf.rounds, conf.slice)
	rs.printRates(out, rs.find(conf.base), sharingOps, sharingOps)
	rs.printVoids(out)
	printSharingAims(out, rs)
	return nil
}

// printRates prints operations a second, and how many times as many the base
// does.
func (rs rows) printRates(out io.Writer, base *row, cells, titles []string) {
	t := report.NewTable(append([]string{""}, titles...)...)
	for _, r := range rs {
		line := []string{r.kind.name}
		for _, c := range cells {
			line = append(line, r.rateCell(base, c))
		}
		t.Add(line...)
	}
	t.Print(out)
}

func (r *row) rateCell(base *row, cell string) string {
	switch {
	case r.void != nil:
		return "void"
	case r == base || base == nil:
		return rate(r.median(cell))
	}
	return fmt.Sprintf("%s (%s)", ratio(base.over(r, cell)), rate(r.median(cell)))
}

// rate writes operations a second.
func rate(perSecond float64) string {
	switch {
	case perSecond >= 1e6:
		return fmt.Sprintf("%.2f M/s", perSecond/1e6)
	case perSecond >= 1e4:
		return fmt.Sprintf("%.0f k/s", perSecond/1e3)
	}
	return fmt.Sprintf("%.0f /s", perSecond)
}

// sharingAims are how many times as many puts we aim to do.
var sharingAims = []struct {
	peer  string
	least float64
}{
	{"LMDB, WRITEMAP", 8},
	{"SQLite, modernc", 40},
	{"SQLite, mattn", 40},
}

func printSharingAims(out io.Writer, rs rows) {
	ours := rs.find(hashName)
	if ours == nil {
		return
	}
	var aims []report.Aim
	for _, a := range sharingAims {
		if r := rs.find(a.peer); r != nil {
			aims = append(aims, report.AtLeast("two processes put, over "+a.peer, a.least, ours.over(r, "put"), "%.1f×"))
		}
	}
	report.PrintAims(out, aims)
}
