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

// rootText is on the manual page; the first help is the overview.
const rootText = `Look after the HTTP sessions of any store that the library coatcheck knows: list
and end them, measure, check and mend stores.

Results go to standard output, messages to standard error. Tables are for
people, --json is for programs: one object, or one a line where there may be
many. IDs of sessions are shown by their first twelve digits, which commands
take, too. Tokens, by which one could get into a session, are never shown.

What ends sessions asks first on a terminal. Elsewhere it wants --yes, and
--dry-run shows what it would do.

` + storeText

// storeText says how a store is named.
const storeText = `The store is named by --store URL, by a file whose first line is the URL
(--store-file), or by COATCHECK_STORE in the environment. A password belongs into
one of the latter two: everybody on the machine can read a command line.`

// exitTable is on every manual page.
const exitTable = `  0  all is well
  1  an error that is none of those below
  2  the command line makes no sense
  3  there is no such session, or no such store
  4  it exists already, or somebody else is at it
  5  the store does not answer
  6  what is stored is damaged
  7  a part was done
  130  interrupted; 141  nobody wanted the rest of the output`

// newRoot returns the command that holds all others. A new command is one more
// row here; its GroupID says where help shows it.
func newRoot() *cobra.Command {
	cobra.EnableCommandSorting = false // the order below is by use
	root := &cobra.Command{
		Use:           "coatcheck",
		Short:         "Look after the sessions of any store",
		Long:          rootText,
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
		newLs(), newGet(), newStat(), newTop(), newBench(),
		newCreate(), newPut(), newRm(), newRevoke(), newSweep(),
		newCheck(), newRepair(), newCompact(), newDoctor(), newKeys(),
		newCopy(), newExport(), newImport(), newRing(),
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
			for _, shell := range cmd.Commands() {
				write := shell.RunE
				shell.RunE = func(cmd *cobra.Command, args []string) error { return failed(write(cmd, args)) }
			}
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
