package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A config is what the flags say.
type config struct {
	backends   []string      // of backendNames
	rounds     int           // how often every cell is measured
	warm       time.Duration // before the clock starts
	measure    time.Duration // length of one measurement
	clients    int           // connections, each with its own session
	procs      int           // GOMAXPROCS of each server
	pool       int           // connections to the database
	cpuProfile string        // prefix of the profiles' names
}

// fullConfig is a run whose figures may be quoted.
func fullConfig() config {
	return config{
		rounds: 7, warm: 60 * time.Millisecond, measure: 250 * time.Millisecond,
		clients: 32, procs: 1, pool: 16,
	}
}

// shorten turns c into a run that only shows that everything works.
func (c *config) shorten() {
	c.rounds, c.warm, c.measure = 1, 20*time.Millisecond, 100*time.Millisecond
}

// parseFlags reads the command line. It reports errors on stderr like package
// flag and returns them too.
func parseFlags(args []string, stderr io.Writer) (config, error) {
	conf := fullConfig()
	flags := flag.NewFlagSet("database", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "a short run: shows that everything works, its figures are rough")
	only := flags.String("only", strings.Join(backendNames, ","), "`databases` to measure")
	rounds := flags.Int("rounds", conf.rounds, "rounds; the tables show their medians")
	warm := flags.Duration("warm", conf.warm, "warm-up of each cell")
	measure := flags.Duration("measure", conf.measure, "measured time of each cell")
	flags.IntVar(&conf.procs, "procs", conf.procs, "GOMAXPROCS of each server")
	flags.IntVar(&conf.pool, "pool", conf.pool, "connections that each server may have to its database")
	flags.StringVar(&conf.cpuProfile, "cpuprofile", "", "write CPU profiles of our own servers to files whose names begin with `prefix`, instead of tables")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if *quick {
		conf.shorten()
	}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "rounds":
			conf.rounds = *rounds
		case "warm":
			conf.warm = *warm
		case "measure":
			conf.measure = *measure
		}
	})
	conf.backends = strings.Split(*only, ",")
	return conf, conf.check(flags.Args())
}

// check refuses what no run could use.
func (c *config) check(rest []string) error {
	for _, name := range c.backends {
		if !slices.Contains(backendNames, name) {
			return fmt.Errorf("-only %q: databases are %s", name, strings.Join(backendNames, ", "))
		}
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case c.rounds < 1:
		return fmt.Errorf("-rounds %d: at least 1", c.rounds)
	case c.warm < 0 || c.measure <= 0:
		return fmt.Errorf("-warm %v -measure %v: must be positive", c.warm, c.measure)
	case c.procs < 1 || c.pool < 1:
		return fmt.Errorf("-procs %d -pool %d: at least 1", c.procs, c.pool)
	}
	return nil
}
