package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/load"
)

// A config is what the flags say.
type config struct {
	backends   []string // of backendNames
	pace       load.Pace
	pool       int    // connections to the database
	cpuProfile string // prefix of the profiles' names
}

// fullConfig is a run whose figures may be quoted.
func fullConfig() config {
	return config{
		pace: load.Pace{Rounds: 7, Warm: 60 * time.Millisecond, Measure: 250 * time.Millisecond, Clients: 32, Procs: 1},
		pool: 16,
	}
}

// shorten turns c into a run that only shows that everything works.
func (c *config) shorten() {
	c.pace.Rounds, c.pace.Warm, c.pace.Measure = 1, 20*time.Millisecond, 100*time.Millisecond
}

// parseFlags reads the command line. It reports errors on stderr like package
// flag and returns them too.
func parseFlags(args []string, stderr io.Writer) (config, error) {
	conf := fullConfig()
	flags := command.Flags("database", stderr)
	only := flags.String("only", strings.Join(backendNames, ","), "`databases` to measure")
	conf.pace.Register(flags)
	flags.IntVar(&conf.pool, "pool", conf.pool, "connections that each server may have to its database")
	flags.StringVar(&conf.cpuProfile, "cpuprofile", "", "write CPU profiles of our own servers to files whose names begin with `prefix`, instead of tables")
	err := command.Parse(flags, args, conf.shorten)
	if err == nil {
		conf.backends, err = command.Pick("only", *only, backendNames)
	}
	if err == nil {
		err = conf.check()
	}
	return conf, err
}

// check refuses what no run could use.
func (c *config) check() error {
	if c.pool < 1 {
		return fmt.Errorf("-pool %d: at least 1", c.pool)
	}
	return c.pace.Check()
}
