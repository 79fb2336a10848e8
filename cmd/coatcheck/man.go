package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// newMan returns the command that writes the manual.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages",
		Long: `Write a manual page for each command into a folder, such as one of man's own:

  coatcheck man /usr/local/share/man/man1`,
		Args: cobra.ExactArgs(1),
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
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	root.DisableAutoGenTag = true // the same version writes the same pages
	header := &doc.GenManHeader{Title: "COATCHECK", Section: "1", Source: "coatcheck " + version(), Manual: "Coatcheck"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return err
	}
	return p.Result(map[string]string{"dir": dir}, "The pages are in "+dir+".")
}
