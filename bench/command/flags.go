package command

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Flags returns an empty set of flags that reports errors to stderr.
func Flags(name string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	return flags
}

// Parse reads a command line that has flags only. It adds -quick, which calls
// shorten; what other flags say goes before what that does.
func Parse(flags *flag.FlagSet, args []string, shorten func()) error {
	quick := flags.Bool("quick", false, "a short run: shows that everything works, its figures are rough")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *quick {
		shorten()
		if err := flags.Parse(args); err != nil {
			return err
		}
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return nil
}

// Pick reads a list of names with commas between, each of them one of all. It
// returns them in the order of all.
func Pick(flagName, list string, all []string) ([]string, error) {
	asked := strings.Split(list, ",")
	for _, name := range asked {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("-%s %q: there are %s", flagName, name, strings.Join(all, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !slices.Contains(asked, name) }), nil
}
