package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

const tripsText = `
## What a request asks of Redis

Round trips of one request, and the commands that the server ran for it, those
of a script included, as the server counted them (INFO) over %d requests of one
visitor, one after the other.

`

// tripRequests is how many requests are counted.
const tripRequests = 100

// printTrips counts, for each row, what its pages ask of the server.
func printTrips(out io.Writer, rows []*row, srv *server) error {
	t := report.NewTable(append([]string{""}, pages.Titles()...)...)
	for _, r := range rows {
		cells := []string{r.site.name}
		for _, page := range pages.Names() {
			cell, err := r.countTrips(page, srv)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
			cells = append(cells, cell)
		}
		t.Add(cells...)
	}
	fmt.Fprintf(out, tripsText, tripRequests)
	t.Print(out)
	return nil
}

// countTrips lets one visitor request the page.
func (r *row) countTrips(page string, srv *server) (cell string, err error) {
	if r.Void != nil {
		return "void", nil
	}
	if err := r.Visit(page, 1); err != nil { // what is read once in a while is not counted
		return "", err
	}
	before, err := srv.traffic()
	if err != nil {
		return "", err
	}
	if err := r.Visit(page, tripRequests); err != nil {
		return "", err
	}
	after, err := srv.traffic()
	if err != nil {
		return "", err
	}
	r.trips[page] = float64(after.trips-before.trips) / tripRequests
	cell = fmt.Sprintf("%.3g", r.trips[page])
	var commands []string
	for _, name := range slices.Sorted(maps.Keys(after.commands)) {
		if n := float64(after.commands[name]-before.commands[name]) / tripRequests; n > 0 {
			commands = append(commands, fmt.Sprintf("%.3g %s", n, name))
		}
	}
	if len(commands) > 0 {
		cell += ": " + strings.Join(commands, ", ")
	}
	return cell, nil
}
