package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/manual"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/spf13/cobra"
)

// newMan returns the command that writes the manual.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages",
		Long: `Write a manual page for each command into a folder, such as one of man's own:

  coatcheck man /usr/local/share/man/man1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("say into which folder: coatcheck man DIR")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p := newPrinter(cmd)
			return judged(errors.Join(writeManual(p, cmd.Root(), args[0]), p.Flush()))
		},
	}
}

// writeManual writes the pages into dir.
func writeManual(p *show.Printer, root *cobra.Command, dir string) error {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w: make the folder first", dir, bare(err))
	} else if err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	n, err := manual.Write(dir, root, &manual.Options{Version: version(), Sections: []string{
		"ENVIRONMENT", "COATCHECK_STORE is the URL of the store where no flag names one. NO_COLOR, if it is set, and TERM=dumb switch colours off.",
		"EXIT STATUS", exitTable,
	}})
	if err != nil {
		return err
	}
	return p.Result(map[string]any{"dir": dir, "pages": n}, show.Plural(int64(n), "page")+" in "+dir+".")
}
