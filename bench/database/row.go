package main

import (
	"fmt"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A row is one site over loopback.
type row struct {
	*load.Row
	place  place
	site   site
	writes map[string]float64 // by page, of one request
}

// startRows starts all servers and their visitors. Servers that nobody asks
// anything use no processor time.
func startRows(conf config, backends []backend) (rows []*row, err error) {
	for _, b := range backends {
		for _, s := range sites(b.Name) {
			r := &row{place: place{backend: b, Site: s.name, Pool: conf.pool}, site: s, writes: map[string]float64{}}
			name := b.title() + ": " + s.name
			srv, err := startSite(r.place, conf, "")
			if err != nil {
				_ = load.CloseAll(loads(rows))
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			r.Row = load.StartRow(name, srv, conf.pace.Clients, true, nil)
			rows = append(rows, r)
		}
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

// of returns the backend's rows of a kind that count.
func of(rows []*row, backendName, kind string) (list []*row) {
	for _, r := range rows {
		if r.place.Name == backendName && r.site.kind == kind && r.Void == nil {
			list = append(list, r)
		}
	}
	return list
}
