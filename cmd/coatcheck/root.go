package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Groups of commands, as the first help shows them.
const (
	groupLook   = "look"
	groupChange = "change"
	groupKeep   = "keep"
	groupMove   = "move"
)

// newRoot returns the command that holds all others. A new command is one more
// row here; its GroupID says where help shows it.
func newRoot() *cobra.Command {
	cobra.EnableCommandSorting = false // the order below is by use
	root := &cobra.Command{
		Use:           "coatcheck",
		Short:         "Look after the sessions of any store",
		SilenceErrors: true, // run prints them, in one line
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.Bool("json", false, "print results as JSON, one object or one a line")
	flags.Bool("no-color", false, "print no colours (so does the environment's NO_COLOR)")
	root.AddGroup(
		&cobra.Group{ID: groupLook, Title: "LOOK"}, &cobra.Group{ID: groupChange, Title: "CHANGE"},
		&cobra.Group{ID: groupKeep, Title: "KEEP"}, &cobra.Group{ID: groupMove, Title: "MOVE"},
	)
	root.AddCommand(
		newLs(), newGet(), newStat(),
		newCreate(), newPut(), newRm(), newRevoke(), newSweep(),
		newCheck(), newRepair(), newCompact(),
		newID(), newDemo(), newMan(), newVersion(),
	)
	mend(root)
	return root
}

// mend changes what cobra brings: it would answer an unknown name as if all
// were well, and its first help would not fit a screen.
func mend(root *cobra.Command) {
	plain := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if cmd == root {
			fmt.Fprint(cmd.OutOrStdout(), overview(root))
			return
		}
		plain(cmd, args)
	})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Run, cmd.RunE = nil, help
			cmd.Short = "Explain a command"
		case "completion":
			cmd.Short = "Complete words in a shell"
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return failed(cmd.Help()) }
		}
	}
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
