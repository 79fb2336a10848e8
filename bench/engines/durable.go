package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
)

const durableText = `
## Puts that wait for the disk

%d records; one process. Each cell: how many times as many puts a second %s
does in the same round; in brackets the engine's own. Medians; rounds: %d of
%v.

`

// durableWriters is how many goroutines write side by side.
const durableWriters = 16

// durableRecords is how many records there are: what counts is the disk.
const durableRecords = 10_000

// durableTable prints what puts that have reached the disk take.
func durableTable(conf config, out io.Writer) error {
	records := min(conf.records, durableRecords)
	rs, stop, err := startRows(conf.engines(func(k kind) bool { return k.durable }), conf, 1, records, true)
	if err != nil {
		return err
	}
	defer stop()
	alone, many := cell("put", 1), cell("put", durableWriters)
	for range conf.rounds {
		for _, r := range rs {
			r.note(alone, r.do(order{Op: "put", Threads: 1, For: conf.slice}).perSecond())
		}
		for _, r := range rs {
			r.note(many, r.do(order{Op: "put", Threads: durableWriters, For: conf.slice}).perSecond())
		}
	}
	for _, r := range rs {
		r.do(order{Op: "verify", Threads: 1, Times: records})
	}
	fmt.Fprintf(out, durableText, records, conf.base, conf.rounds, conf.slice)
	rs.printRates(out, rs.find(conf.base), []string{alone, many}, []string{"one writer", fmt.Sprintf("%d writers", durableWriters)})
	rs.printVoids(out)
	printDurableAims(out, rs, many)
	return nil
}

// durableAim is how many times as many puts of many writers we aim to do.
const durableAim = 10

func printDurableAims(out io.Writer, rs rows, many string) {
	ours := rs.find(hashName)
	if ours == nil {
		return
	}
	var aims []report.Aim
	for _, peer := range []string{"bbolt", "bbolt, Batch", "SQLite, modernc", "SQLite, mattn"} {
		if r := rs.find(peer); r != nil {
			aims = append(aims, report.AtLeast(fmt.Sprintf("durable puts of %d writers, over %s", durableWriters, peer), durableAim, ours.over(r, many), "%.1f×"))
		}
	}
	report.PrintAims(out, aims)
}
