package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/report"
)

// processPages are the rows of the process tables.
var processPages = []string{nopPage, readPage, structPage, countPage}

// A cell is one library's page in process, and its cost in each round.
type cell struct {
	probe  probe
	rounds []cost
}

// A grid holds the cells by page and library name.
type grid map[string]map[string]*cell

// openGrid opens every library, begins sessions of ten keys, and checks that
// the pages answer what they should. free closes the libraries.
func openGrid(libs []library) (g grid, free func(), err error) {
	g = grid{}
	for _, page := range processPages {
		g[page] = map[string]*cell{}
	}
	var closers []func()
	free = func() {
		for _, closeSite := range closers {
			closeSite()
		}
	}
	for _, lib := range libs {
		s, closeSite, err := openSite(lib, setup{})
		if err != nil {
			free()
			return nil, nil, fmt.Errorf("%s: %w", lib.name, err)
		}
		closers = append(closers, closeSite)
		if err := g.add(s, lib); err != nil {
			free()
			return nil, nil, fmt.Errorf("%s: %w", lib.name, err)
		}
	}
	return g, free, nil
}

// add prepares the cells of one library, each in a session of its own.
func (g grid) add(s site, lib library) error {
	for _, page := range processPages {
		cookie, err := begin(s)
		if err != nil {
			return err
		}
		p := s.probe(page, cookie)
		if err := verify(p, page); err != nil {
			return err
		}
		g[page][lib.name] = &cell{probe: p}
	}
	return nil
}

// openSite opens a library with a directory of its own.
func openSite(lib library, set setup) (s site, free func(), err error) {
	if set.dir, err = os.MkdirTemp("", "coatcheck-bench-"); err != nil {
		return nil, nil, err
	}
	if s, err = lib.open(set); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(set.dir))
	}
	return s, func() { _, _ = s.close(), os.RemoveAll(set.dir) }, nil
}

// begin begins a session of ten keys and returns its Cookie header.
func begin(s site) (cookie string, err error) {
	p := s.probe(seedPage+"?name="+bareText, "")
	p.serve()
	status, body, cookies := p.answer()
	if status != 200 || body != "ok" {
		return "", fmt.Errorf("%s answers %d %q", seedPage, status, body)
	}
	var j load.Jar
	for _, c := range cookies {
		j.Put(c)
	}
	if j.Header() == "" {
		return "", fmt.Errorf("%s sets no cookie", seedPage)
	}
	return j.Header(), nil
}

// verify serves a fresh probe once and checks its answer.
func verify(p probe, page string) error {
	want := map[string]string{nopPage: "ok", readPage: bareText, structPage: plan, countPage: "1"}[page]
	p.serve()
	if status, body, _ := p.answer(); status != 200 || body != want {
		return fmt.Errorf("%s answers %d %q, want 200 %q", page, status, body, want)
	}
	return nil
}

// processRounds is how many rounds the process tables make of one, since
// theirs are so short.
const processRounds = 2

// measure measures every cell in each round, all libraries of a page in turn,
// so that what drifts during the run drifts for all of them.
func (g grid) measure(conf config) {
	for range processRounds * conf.pace.Rounds {
		for _, page := range processPages {
			for _, lib := range conf.libraries {
				c := g[page][lib.name]
				c.rounds = append(c.rounds, measure(c.probe, conf.slice))
			}
		}
	}
}

// own returns the median cost of a library's page.
func (g grid) own(lib library, page string) cost { return medianCost(g[page][lib.name].rounds) }

// over returns the same over its server without sessions, round by round.
func (g grid) over(lib library, page string) cost { return medianCost(g.overs(lib, page)) }

func (g grid) overs(lib library, page string) []cost {
	var overs []cost
	for i, c := range g[page][lib.name].rounds {
		overs = append(overs, c.minus(g[page][lib.base].rounds[i]))
	}
	return overs
}

// times returns how many times as long as lib than takes, both over their
// servers without sessions: the median of the rounds.
func (g grid) times(lib, than library, page string) float64 {
	a, b := g.overs(lib, page), g.overs(than, page)
	var ratios []float64
	for i := range a {
		ratios = append(ratios, b[i].ns/a[i].ns)
	}
	return report.Median(ratios)
}

// whole returns how many times as long as a request of than one of lib takes,
// all in all: the median of the rounds.
func (g grid) whole(lib, than library, page string) float64 {
	var ratios []float64
	for i, c := range g[page][lib.name].rounds {
		ratios = append(ratios, c.ns/g[page][than.name].rounds[i].ns)
	}
	return report.Median(ratios)
}
