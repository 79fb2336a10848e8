package load

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/coatcheck/coatcheck/bench/report"
)

// A Row is one server and its crew, a row of a table. It is used by one
// goroutine.
type Row struct {
	// Name is the server's in messages.
	Name string

	// Void is why the row does not count, nil as long as it does.
	Void error

	server  *Server
	crew    *Crew
	figures map[string][]Figure // by page, one a round
}

// NewRow returns a row without a server, which was measured elsewhere.
func NewRow(name string) *Row { return &Row{Name: name, figures: map[string][]Figure{}} }

// StartRow sends a crew of n to a server, which from then on is the row's. If
// their sessions cannot begin, the row is void. The meter behind, which may be
// nil, is for [Crew.Behind].
func StartRow(name string, server *Server, n int, sessions bool, behind Meter) *Row {
	r := NewRow(name)
	r.server = server
	r.crew, r.Void = NewCrew(server.Addr, n, sessions, server.CPU)
	if r.crew != nil {
		r.crew.Behind = behind
	}
	return r
}

// Close ends the crew and the server.
func (r *Row) Close() error {
	if r.crew != nil {
		r.crew.Close()
	}
	return r.server.Stop()
}

// Visit lets the first of the crew request the page some times, one after the
// other.
func (r *Row) Visit(page string, times int) error {
	if r.Void != nil {
		return r.Void
	}
	return r.crew.Visit(page, times)
}

// Measure measures one page once.
func (r *Row) Measure(page string, pace Pace) {
	if r.Void != nil {
		return
	}
	f, err := r.crew.Run(page, pace.Warm, pace.Measure)
	if err != nil {
		r.Void = err
		return
	}
	r.Note(page, f)
}

// Note adds a figure to those of the page.
func (r *Row) Note(page string, f Figure) { r.figures[page] = append(r.figures[page], f) }

// Figures returns what was measured of a page, one figure a round.
func (r *Row) Figures(page string) []Figure { return r.figures[page] }

// Median returns the middle of the rounds, figure by figure.
func (r *Row) Median(page string) Figure { return medianOf(r.figures[page]) }

// Over returns the figures as multiples of another row's, round by round.
func (r *Row) Over(base *Row, page string) Figure {
	var ratios []Figure
	for i := range min(len(r.figures[page]), len(base.figures[page])) {
		f, b := r.figures[page][i], base.figures[page][i]
		ratios = append(ratios, Figure{f.PerSecond / b.PerSecond, f.CPUMicros / b.CPUMicros, f.Behind / b.Behind})
	}
	return medianOf(ratios)
}

func medianOf(figures []Figure) Figure {
	var perSecond, cpu, behind []float64
	for _, f := range figures {
		perSecond, cpu, behind = append(perSecond, f.PerSecond), append(cpu, f.CPUMicros), append(behind, f.Behind)
	}
	return Figure{report.Median(perSecond), report.Median(cpu), report.Median(behind)}
}

// MeasureAll measures every page of every row once per round. The rows of a
// page follow each other, so that what drifts drifts for all of them.
func MeasureAll(rows []*Row, pages []string, pace Pace) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the other processors are the servers'
	for range pace.Rounds {
		for _, page := range pages {
			for _, r := range rows {
				r.Measure(page, pace)
			}
		}
	}
}

// PrintVoids says which rows do not count, and why.
func PrintVoids(out io.Writer, rows []*Row) {
	for _, r := range rows {
		if r.Void != nil {
			fmt.Fprintf(out, "\nVoid: %s: %v\n", r.Name, r.Void)
		}
	}
}

// CloseAll closes rows.
func CloseAll(rows []*Row) error {
	var errs []error
	for _, r := range rows {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}
