package main

import (
	"fmt"
	"io"
	"time"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/load"
)

// A config is what the flags say.
type config struct {
	pace       load.Pace
	pool       int    // connections to Redis of those that have a pool
	cpuProfile string // prefix of the profiles' names
}

// fullConfig is a run whose figures may be quoted.
func fullConfig() config {
	return config{
		pace: load.Pace{Rounds: 9, Warm: 100 * time.Millisecond, Measure: 300 * time.Millisecond, Clients: 32, Procs: 1},
		pool: 32,
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
	flags := command.Flags("redis", stderr)
	conf.pace.Register(flags)
	flags.IntVar(&conf.pool, "pool", conf.pool, "connections to Redis that each server with a pool may have")
	flags.StringVar(&conf.cpuProfile, "cpuprofile", "", "write CPU profiles of our own servers to files whose names begin with `prefix`, instead of tables")
	err := command.Parse(flags, args, conf.shorten)
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
