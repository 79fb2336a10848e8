package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/load"
)

// A config is what the flags say.
type config struct {
	tables     []string      // of tableNames
	libraries  []library     // columns and rows
	pace       load.Pace     // of loopback; for its rounds see processRounds and promiseRuns, too
	slice      time.Duration // process: length of one measurement
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
		pace:       load.Pace{Rounds: 15, Warm: 200 * time.Millisecond, Measure: 800 * time.Millisecond, Clients: 32, Procs: 1},
		slice:      40 * time.Millisecond,
		increments: 2000, ownKeys: 200, crowd: 32,
	}
}

// shorten turns c into a run that only shows that everything works.
func (c *config) shorten() {
	c.pace.Rounds, c.pace.Warm, c.pace.Measure = 1, 50*time.Millisecond, 200*time.Millisecond
	c.slice = 5 * time.Millisecond
}

// parseFlags reads the command line. It reports errors on stderr like package
// flag and returns them too.
func parseFlags(args []string, stderr io.Writer) (config, error) {
	conf := fullConfig()
	flags := command.Flags("bench", stderr)
	only := flags.String("only", strings.Join(tableNames, ","), "`tables` to print")
	sites := flags.String("sites", "", "`libraries` to measure, by the beginnings of their names (default all; the bare servers always)")
	conf.pace.Register(flags)
	flags.StringVar(&conf.cpuProfile, "cpuprofile", "", "write CPU and allocation profiles of our own rows to files whose names begin with `prefix`, instead of tables")
	err := command.Parse(flags, args, conf.shorten)
	if err == nil {
		conf.tables, err = command.Pick("only", *only, tableNames)
	}
	if err == nil {
		conf.libraries, err = pickLibraries(*sites)
	}
	if err == nil {
		err = conf.pace.Check()
	}
	return conf, err
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
