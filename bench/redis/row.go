package main

import (
	"fmt"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A row is one site over loopback.
type row struct {
	*load.Row
	site  site
	trips map[string]float64 // to the Redis server, of one request, by page
}

// startRows starts all servers and their visitors. Servers that nobody asks
// anything use no processor time.
func startRows(conf config, srv *server) (rows []*row, err error) {
	for _, s := range sites() {
		web, err := startSite(s, srv, conf, "")
		if err != nil {
			_ = load.CloseAll(loads(rows))
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		rows = append(rows, &row{load.StartRow(s.name, web, conf.pace.Clients, true, srv.cpu), s, map[string]float64{}})
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

// of returns the rows of a kind that count.
func of(rows []*row, kind string) (list []*row) {
	for _, r := range rows {
		if r.site.kind == kind && r.Void == nil {
			list = append(list, r)
		}
	}
	return list
}
