package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"

	"github.com/coatcheck/coatcheck/bench/report"
)

const promisesText = `
## What becomes of one session

Measured over real connections, each line against fresh sessions of ten keys;
%d clients share one session and its cookies, like the requests of one page.
A slow request is one that read the session, waits while another request does
what the line says, then changes a key and finishes. "Undone" and "comes back"
mean that the old cookie opens the session afterwards. Runs: %d; where they
differed, the range is given.

`

// A trial finds out one line of the promises table for one library.
type trial struct {
	title string
	idle  bool // wants an idle timeout, and its writes counted
	try   func(booth, config) (string, error)
}

// A booth is a site being tried.
type booth struct {
	lib    library
	tab    *tab // holds a seeded session
	fresh  *tab // holds nothing
	gate   *gate
	writes *atomic.Int64 // records written; nil unless the trial counts them
}

// trials are the lines of the promises table.
func trials(conf config) []trial {
	return []trial{
		{title: fmt.Sprintf("%d increments end at", conf.increments), try: tryIncrements},
		{title: fmt.Sprintf("of %d keys set side by side survive", conf.ownKeys), try: tryOwnKeys},
		{title: "logout undone by a slow request", try: tryLogout},
		{title: "old ID comes back after renewal", try: tryRenewal},
		{title: fmt.Sprintf("records written by %d reads, with an idle timeout", readings), idle: true, try: tryReads},
		{title: "Flush before the first Write", try: tryFlush},
		{title: "change after the body began", try: tryLate},
	}
}

// promisesTable prints what every library makes of one session.
func promisesTable(conf config, out io.Writer) error {
	head := []string{""}
	var libs []library
	for _, lib := range conf.libraries {
		if lib.sessions {
			libs = append(libs, lib)
			head = append(head, lib.name)
		}
	}
	t := report.NewTable(head...)
	for _, line := range trials(conf) {
		row := []string{line.title}
		for _, lib := range libs {
			outcome, err := tryRounds(line, lib, conf)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", lib.name, line.title, err)
			}
			row = append(row, outcome)
		}
		t.Add(row...)
	}
	fmt.Fprintf(out, promisesText, conf.crowd, promiseRuns(conf))
	t.Print(out)
	return nil
}

// promiseRuns is how often each line is tried: enough to see the range.
func promiseRuns(conf config) int { return max(1, conf.pace.Rounds/3) }

// tryRounds tries a line several times and puts the outcomes together.
func tryRounds(line trial, lib library, conf config) (string, error) {
	var outcomes []string
	for range promiseRuns(conf) {
		outcome, err := tryOnce(line, lib, conf)
		if err != nil {
			return "", err
		}
		outcomes = append(outcomes, outcome)
	}
	return span(outcomes), nil
}

// tryOnce tries a line on a fresh site over a listener of its own.
func tryOnce(line trial, lib library, conf config) (outcome string, err error) {
	b := booth{lib: lib, gate: newGate()}
	if line.idle {
		if !lib.idle {
			return "no idle timeout", nil
		}
		b.writes = new(atomic.Int64)
	}
	s, free, err := openSite(lib, setup{gate: b.gate, writes: b.writes})
	if err != nil {
		return "", err
	}
	defer free()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(ln) }()
	defer func() {
		err = errors.Join(err, ln.Close())
		<-served
	}()
	b.tab = newTab(ln.Addr().String(), conf.crowd)
	b.fresh = b.tab.clone()
	defer b.tab.client.CloseIdleConnections()
	if _, err := b.tab.want(seedPage + "?name=" + bareText); err != nil {
		return "", err
	}
	return line.try(b, conf)
}

// span writes equal outcomes once, numbers as a range, others one by one.
func span(outcomes []string) string {
	slices.SortFunc(outcomes, func(a, b string) int {
		if len(a) != len(b) && isNumber(a) && isNumber(b) {
			return len(a) - len(b)
		}
		if a < b {
			return -1
		}
		return 1
	})
	outcomes = slices.Compact(outcomes)
	first, last := outcomes[0], outcomes[len(outcomes)-1]
	switch {
	case len(outcomes) == 1:
		return first
	case isNumber(first) && isNumber(last):
		return first + "–" + last
	}
	return fmt.Sprintf("%s; sometimes %s", first, last)
}
