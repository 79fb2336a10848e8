package main

import (
	"fmt"
	"runtime"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/report"
)

// A row is one site over loopback.
type row struct {
	place   place
	site    site
	crew    *load.Crew
	figures map[string][]load.Figure // by page, one a round
	writes  map[string]float64       // by page, of one request
	void    error                    // why the row does not count
}

func (r *row) name() string { return r.place.title() + ": " + r.site.name }

// startRows starts all servers and their visitors. Servers that nobody asks
// anything use no processor time.
func startRows(conf config, backends []backend) (rows []*row, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, b := range backends {
		for _, s := range sites(b.Name) {
			r := &row{
				place: place{backend: b, Site: s.name, Pool: conf.pool}, site: s,
				figures: map[string][]load.Figure{}, writes: map[string]float64{},
			}
			srv, err := startSite(r.place, conf, "")
			if err != nil {
				stop()
				return nil, nil, fmt.Errorf("%s: %w", r.name(), err)
			}
			stops = append(stops, func() { _ = srv.Stop() })
			if r.crew, r.void = load.NewCrew(srv.Addr, conf.clients, true, srv.CPU); r.void == nil {
				stops = append(stops, r.crew.Close)
			}
			rows = append(rows, r)
		}
	}
	return rows, stop, nil
}

// measureRows measures every row's pages once per round.
func measureRows(rows []*row, conf config) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the others are the servers'
	for range conf.rounds {
		for _, page := range pageNames {
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
	f, err := r.crew.Run(page, conf.warm, conf.measure)
	if err != nil {
		r.void = err
		return
	}
	r.figures[page] = append(r.figures[page], f)
}

// median returns the middle of the rounds, figure by figure.
func (r *row) median(page string) load.Figure {
	var perSecond, cpu []float64
	for _, f := range r.figures[page] {
		perSecond, cpu = append(perSecond, f.PerSecond), append(cpu, f.CPUMicros)
	}
	return load.Figure{PerSecond: report.Median(perSecond), CPUMicros: report.Median(cpu)}
}

// over returns both figures as multiples of another row's, round by round.
func (r *row) over(base *row, page string) load.Figure {
	var perSecond, cpu []float64
	for i, f := range r.figures[page] {
		b := base.figures[page][i]
		perSecond, cpu = append(perSecond, f.PerSecond/b.PerSecond), append(cpu, f.CPUMicros/b.CPUMicros)
	}
	return load.Figure{PerSecond: report.Median(perSecond), CPUMicros: report.Median(cpu)}
}

// of returns the backend's rows of a kind that count.
func of(rows []*row, backendName, kind string) (list []*row) {
	for _, r := range rows {
		if r.place.Name == backendName && r.site.kind == kind && r.void == nil {
			list = append(list, r)
		}
	}
	return list
}
