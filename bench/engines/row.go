package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/report"
)

// A row is one engine of a table, at work in one process or several on the
// same files.
type row struct {
	kind      kind
	dir       string
	processes []*process
	figures   map[string][]float64 // one a round, by the name of the cell
	void      error                // why the row does not count
}

// startRow starts n processes that share the records, and does not wait.
func startRow(k kind, conf config, n, records int, durable bool) (*row, error) {
	dir, err := os.MkdirTemp(conf.dir, "coatcheck-engines-")
	if err != nil {
		return nil, err
	}
	r := &row{kind: k, dir: dir, figures: map[string][]float64{}}
	p, err := startProcess(task{Kind: k.name, Dir: dir, Durable: durable, To: records})
	if err != nil {
		return nil, errors.Join(err, r.stop())
	}
	r.processes = append(r.processes, p)
	if n == 1 {
		return r, nil
	}
	// The records of several are made by one process, which then leaves.
	if r.void = r.wait(); r.void != nil {
		return r, nil
	}
	if r.void = p.stop(); r.void != nil {
		return r, nil
	}
	r.processes = nil
	for i := range n {
		p, err := startProcess(task{
			Kind: k.name, Dir: dir, Durable: durable, Adopt: true,
			First: i * 100, From: records * i / n, To: records * (i + 1) / n,
		})
		if err != nil {
			return nil, errors.Join(err, r.stop())
		}
		r.processes = append(r.processes, p)
	}
	return r, nil
}

// wait waits until all processes have their records.
func (r *row) wait() error {
	for _, p := range r.processes {
		if _, err := p.receive(); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the row's processes and removes its files.
func (r *row) stop() error {
	var errs []error
	for _, p := range r.processes {
		errs = append(errs, p.stop())
	}
	return errors.Join(append(errs, os.RemoveAll(r.dir))...)
}

// do gives an order to all processes at once and adds up their answers. A row
// that fails is void from then on.
func (r *row) do(o order) answer {
	var sum answer
	if r.void != nil {
		return sum
	}
	for _, p := range r.processes {
		if r.void = p.send(o); r.void != nil {
			return sum
		}
	}
	for _, p := range r.processes {
		a, err := p.receive()
		if err != nil {
			r.void = errors.Join(r.void, fmt.Errorf("%s: %w", o, err))
		}
		sum.Ops, sum.Busy, sum.CPU, sum.Bytes = sum.Ops+a.Ops, sum.Busy+a.Busy, sum.CPU+a.CPU, a.Bytes
		sum.Took = max(sum.Took, a.Took)
	}
	return sum
}

// String names an order in messages.
func (o order) String() string {
	switch {
	case o.Size:
		return "size"
	case o.Compact:
		return "compact"
	case o.Profile != "":
		return "profile"
	}
	return o.Op
}

// note keeps a figure of this round.
func (r *row) note(cell string, figure float64) {
	if r.void == nil {
		r.figures[cell] = append(r.figures[cell], figure)
	}
}

// median returns the middle of a cell's rounds.
func (r *row) median(cell string) float64 { return report.Median(r.figures[cell]) }

// over returns a cell as a multiple of another row's, round by round.
func (r *row) over(base *row, cell string) float64 {
	var ratios []float64
	for i := range min(len(r.figures[cell]), len(base.figures[cell])) {
		ratios = append(ratios, r.figures[cell][i]/base.figures[cell][i])
	}
	return report.Median(ratios)
}

// rows are the engines of a table.
type rows []*row

// startRows starts a row for each of the kinds and waits for their records.
func startRows(kinds []kind, conf config, processes, records int, durable bool) (rs rows, stop func(), err error) {
	stop = func() {
		for _, r := range rs {
			_ = r.stop()
		}
	}
	for _, k := range kinds {
		r, err := startRow(k, conf, processes, records, durable)
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("%s: %w", k.name, err)
		}
		rs = append(rs, r)
	}
	for _, r := range rs {
		if r.void == nil {
			r.void = r.wait()
		}
	}
	return rs, stop, nil
}

// find returns the row of that name, if it is there and counts.
func (rs rows) find(name string) *row {
	for _, r := range rs {
		if r.kind.name == name && r.void == nil {
			return r
		}
	}
	return nil
}

// printVoids says which rows do not count, and why.
func (rs rows) printVoids(out io.Writer) {
	for _, r := range rs {
		if r.void != nil {
			fmt.Fprintf(out, "\nVoid: %s: %v\n", r.kind.name, r.void)
		}
	}
}
