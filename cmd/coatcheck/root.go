package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newRoot returns the command that holds all others. Two of those that cobra
// brings are mended: they would answer an unknown name as if all were well.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "coatcheck",
		Short: "HTTP sessions that lose nothing",
		Long: `Coatcheck keeps HTTP sessions: a visitor hands in a coat, gets a ticket, and
always gets the same coat back. This program shows the library at work.`,
		SilenceErrors: true, // run prints them, in one line
		SilenceUsage:  true,
	}
	root.AddCommand(newDemo(), newVersion())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Run, cmd.RunE = nil, help
		case "completion":
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return failed(cmd.Help()) }
		}
	}
	return root
}

// help prints the help of the command that args name.
func help(cmd *cobra.Command, args []string) error {
	topic, rest, err := cmd.Root().Find(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("there is no command %q", rest[0])
	}
	topic.InitDefaultHelpFlag()
	return failed(topic.Help())
}
