package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/bench/command"
)

// A config is what the flags say.
type config struct {
	tables  []string      // of tableNames
	kinds   []kind        // the rows
	base    string        // what the others are compared with
	records int           // in every engine
	rounds  int           // how often every cell is measured
	slice   time.Duration // length of one measurement
	dir     string        // where the files are made
	profile string        // prefix of the profiles' names
}

// fullConfig is a run whose figures may be quoted.
func fullConfig() config {
	return config{records: 100_000, rounds: 7, slice: 40 * time.Millisecond}
}

// shorten turns c into a run that only shows that everything works.
func (c *config) shorten() {
	c.records, c.rounds, c.slice = 1000, 1, 5*time.Millisecond
}

// parseFlags reads the command line. It reports errors on stderr like package
// flag and returns them too.
func parseFlags(args []string, stderr io.Writer) (config, error) {
	conf := fullConfig()
	flags := command.Flags("engines", stderr)
	only := flags.String("only", strings.Join(tableNames, ","), "`tables` to print")
	engines := flags.String("engines", "", "`engines` to measure, by the beginnings of their names (default all)")
	flags.IntVar(&conf.rounds, "rounds", conf.rounds, "rounds; the tables show their medians")
	flags.DurationVar(&conf.slice, "slice", conf.slice, "measured time of each cell")
	flags.IntVar(&conf.records, "records", conf.records, "records in every engine")
	flags.StringVar(&conf.dir, "dir", "", "where to make the files (default: the system's place for temporary ones)")
	flags.StringVar(&conf.profile, "cpuprofile", "", "write CPU profiles of each operation to files whose names begin with `prefix`, instead of tables")
	err := command.Parse(flags, args, conf.shorten)
	if err == nil {
		conf.tables, err = command.Pick("only", *only, tableNames)
	}
	if err == nil {
		conf.kinds, err = pickKinds(*engines)
	}
	if err == nil {
		conf.base = conf.kinds[0].name
		err = conf.check()
	}
	return conf, err
}

// leastRecords leaves every worker some, after nine of ten were deleted.
const leastRecords = 20 * durableWriters

// check refuses what no run could use.
func (c *config) check() error {
	switch {
	case c.rounds < 1:
		return fmt.Errorf("-rounds %d: at least 1", c.rounds)
	case c.slice <= 0:
		return fmt.Errorf("-slice %v: must be positive", c.slice)
	case c.records < leastRecords:
		return fmt.Errorf("-records %d: at least %d", c.records, leastRecords)
	}
	return nil
}

// engines returns those of the run that a table has use for.
func (c *config) engines(use func(kind) bool) []kind {
	var list []kind
	for _, k := range c.kinds {
		if use(k) {
			list = append(list, k)
		}
	}
	return list
}

// pickKinds reads the value of -engines.
func pickKinds(list string) ([]kind, error) {
	all := kinds()
	if list == "" {
		return all, nil
	}
	asked := strings.Split(list, ",")
	begins := func(k kind, begin string) bool { return strings.HasPrefix(k.name, begin) }
	for _, begin := range asked {
		if !slices.ContainsFunc(all, func(k kind) bool { return begins(k, begin) }) {
			return nil, fmt.Errorf("-engines %q: no engine's name begins so", begin)
		}
	}
	return slices.DeleteFunc(all, func(k kind) bool {
		return !slices.ContainsFunc(asked, func(begin string) bool { return begins(k, begin) })
	}), nil
}
