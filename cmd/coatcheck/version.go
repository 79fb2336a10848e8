package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newVersion returns the command that says what this program is.
func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version of this program",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newPrinter(cmd)
			platform := runtime.GOOS + "/" + runtime.GOARCH
			err := p.Result(map[string]string{"version": version(), "go": runtime.Version(), "platform": platform},
				fmt.Sprintf("coatcheck %s (%s, %s)", version(), runtime.Version(), platform))
			if err == nil {
				err = p.Flush()
			}
			return failed(err)
		},
	}
}

// version is what the go command noted when it built the program: a release's
// tag, a commit, or "(devel)".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
