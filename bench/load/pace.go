package load

import (
	"flag"
	"fmt"
	"time"
)

// A Pace is how often and how long servers are measured. The zero value is of
// no use.
type Pace struct {
	Rounds  int           // how often every cell is measured
	Warm    time.Duration // before the clock starts
	Measure time.Duration // length of one measurement
	Clients int           // connections, each with its own session
	Procs   int           // GOMAXPROCS of each server
}

// Register adds the flags of a pace, whose defaults are what it is now.
func (p *Pace) Register(flags *flag.FlagSet) {
	flags.IntVar(&p.Rounds, "rounds", p.Rounds, "rounds; the tables show their medians")
	flags.DurationVar(&p.Warm, "warm", p.Warm, "warm-up of each server's page")
	flags.DurationVar(&p.Measure, "measure", p.Measure, "measured time of each server's page")
	flags.IntVar(&p.Procs, "procs", p.Procs, "GOMAXPROCS of each server")
}

// Check refuses what no run could use.
func (p *Pace) Check() error {
	switch {
	case p.Rounds < 1:
		return fmt.Errorf("-rounds %d: at least 1", p.Rounds)
	case p.Warm < 0 || p.Measure <= 0:
		return fmt.Errorf("-warm %v -measure %v: must be positive", p.Warm, p.Measure)
	case p.Procs < 1:
		return fmt.Errorf("-procs %d: at least 1", p.Procs)
	}
	return nil
}

// Hastier reports whether figures at this pace are rougher than at full.
func (p *Pace) Hastier(full Pace) bool { return p.Rounds < full.Rounds || p.Measure < full.Measure }
