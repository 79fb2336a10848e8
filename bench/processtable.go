package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
)

const processText = `
## A request in one process

What a session of ten keys adds to a request: time, allocations, bytes.
Everything is over the same handler without sessions on the same server
(net/http, gin or fiber), subtracted round by round; the bare servers' own
costs are given whole. Medians; rounds: %d, each of which visits all libraries
in turn. The request is reset by value and the reply's header map is kept, so
the harness allocates nothing. Fiber's handler is called with a reset fasthttp
context, without fasthttp's connection loop; so is bare fiber's.

`

const timesText = `
How many times as long scs takes, in the same rounds:

`

// processTables prints what a session costs a request in one process.
func processTables(conf config, out io.Writer) error {
	g, free, err := openGrid(conf.libraries)
	if err != nil {
		return err
	}
	defer free()
	g.measure(conf)
	fmt.Fprintf(out, processText, processRounds*conf.pace.Rounds)
	costTable(conf, g).Print(out)
	if scs, ok := conf.find(scsName); ok {
		fmt.Fprint(out, timesText)
		timesTable(conf, g, scs).Print(out)
	}
	if ours, ok := conf.find(ourName); ok {
		printProcessTargets(out, conf, g, ours)
	}
	return nil
}

// find returns the library of that name if it takes part.
func (c *config) find(name string) (library, bool) {
	for _, lib := range c.libraries {
		if lib.name == name {
			return lib, true
		}
	}
	return library{}, false
}

// pageTitle says what a visitor of the page does.
func pageTitle(page string) string {
	return map[string]string{
		nopPage:    "untouched",
		readPage:   "read a string",
		structPage: "read a struct",
		countPage:  "count and save",
	}[page]
}

// pageTitles are the head of a table with a column for each page.
func pageTitles(pages []string) []string {
	head := []string{""}
	for _, page := range pages {
		head = append(head, pageTitle(page))
	}
	return head
}

func costTable(conf config, g grid) *report.Table {
	t := report.NewTable(pageTitles(processPages)...)
	for _, lib := range conf.libraries {
		row := []string{lib.name}
		for _, page := range processPages {
			switch {
			case lib.name == lib.base:
				row = append(row, g.own(lib, page).String())
			case lib.name == floorName && page != nopPage:
				row = append(row, "")
			default:
				row = append(row, g.over(lib, page).String())
			}
		}
		t.Add(row...)
	}
	return t
}

func timesTable(conf config, g grid, scs library) *report.Table {
	t := report.NewTable(pageTitles(processPages)...)
	for _, lib := range conf.libraries {
		if !lib.sessions || lib.name == scsName {
			continue
		}
		row := []string{lib.name}
		for _, page := range processPages {
			row = append(row, timesCell(g.over(lib, page), g.times(lib, scs, page)))
		}
		t.Add(row...)
	}
	return t
}

// timesCell writes a ratio, unless it is over next to nothing.
func timesCell(over cost, times float64) string {
	if over.ns < nothing {
		return "costs nothing"
	}
	return fmt.Sprintf("%.1f×", times)
}
