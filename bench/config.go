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
	tables     []string      // of tableNames
	libraries  []library     // columns and rows
	rounds     int           // how often every cell is measured; see processRounds and promiseRuns
	slice      time.Duration // process: length of one measurement
	warm       time.Duration // loopback: before the clock starts
	measure    time.Duration // loopback: length of one measurement
	clients    int           // loopback: connections, each with its own session
	procs      int           // loopback: GOMAXPROCS of the server
	increments int           // promises: how many, by how many clients below
	ownKeys    int
	crowd      int
	cpuProfile string // prefix of the profiles' names
}

// fullConfig is a run whose figures may be quoted. Many short rounds are
// better than a few long ones: a machine's moods last for seconds, and what
// is measured side by side shares them.
func fullConfig() config {
	return config{
		rounds: 15, slice: 40 * time.Millisecond,
		warm: 200 * time.Millisecond, measure: 800 * time.Millisecond, clients: 32, procs: 1,
		increments: 2000, ownKeys: 200, crowd: 32,
	}
}

// shorten turns c into a run that only shows that everything works.
func (c *config) shorten() {
	c.rounds, c.slice = 1, 5*time.Millisecond
	c.warm, c.measure = 50*time.Millisecond, 200*time.Millisecond
}

// parseFlags reads the command line. It reports errors on stderr like package
// flag and returns them too.
func parseFlags(args []string, stderr io.Writer) (config, error) {
	conf := fullConfig()
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "a short run, under a minute: shows that everything works, its figures are rough")
	only := flags.String("only", strings.Join(tableNames, ","), "`tables` to print")
	sites := flags.String("sites", "", "`libraries` to measure, by the beginnings of their names (default all; the bare servers always)")
	rounds := flags.Int("rounds", conf.rounds, "rounds; the tables show their medians")
	warm := flags.Duration("warm", conf.warm, "loopback: warm-up of each cell")
	measure := flags.Duration("measure", conf.measure, "loopback: measured time of each cell")
	flags.IntVar(&conf.procs, "procs", conf.procs, "loopback: GOMAXPROCS of each server")
	flags.StringVar(&conf.cpuProfile, "cpuprofile", "", "write CPU and allocation profiles of our own rows to files whose names begin with `prefix`, instead of tables")
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
	var err error
	if conf.tables, err = pickTables(*only); err != nil {
		return config{}, err
	}
	if conf.libraries, err = pickLibraries(*sites); err != nil {
		return config{}, err
	}
	return conf, conf.check(flags.Args())
}

// check refuses what no run could use.
func (c *config) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case c.rounds < 1:
		return fmt.Errorf("-rounds %d: at least 1", c.rounds)
	case c.warm < 0 || c.measure <= 0:
		return fmt.Errorf("-warm %v -measure %v: must be positive", c.warm, c.measure)
	case c.procs < 1:
		return fmt.Errorf("-procs %d: at least 1", c.procs)
	}
	return nil
}

// pickTables reads the value of -only. The order is always the same.
func pickTables(list string) ([]string, error) {
	asked := strings.Split(list, ",")
	for _, name := range asked {
		if !slices.Contains(tableNames, name) {
			return nil, fmt.Errorf("-only %q: tables are %s", name, strings.Join(tableNames, ", "))
		}
	}
	var picked []string
	for _, name := range tableNames {
		if slices.Contains(asked, name) {
			picked = append(picked, name)
		}
	}
	return picked, nil
}

// pickLibraries reads the value of -sites.
func pickLibraries(list string) ([]library, error) {
	all := libraries()
	if list == "" {
		return all, nil
	}
	asked := strings.Split(list, ",")
	for _, begin := range asked {
		if !slices.ContainsFunc(all, func(l library) bool { return strings.HasPrefix(l.name, begin) }) {
			return nil, fmt.Errorf("-sites %q: no library's name begins so", begin)
		}
	}
	return slices.DeleteFunc(all, func(l library) bool {
		return l.sessions && !slices.ContainsFunc(asked, func(begin string) bool { return strings.HasPrefix(l.name, begin) })
	}), nil
}
