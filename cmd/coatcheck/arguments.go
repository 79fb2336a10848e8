package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
)

// noArguments is for commands that take flags only. Cobra's own would call a
// word too many an unknown command.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if _, err := coatcheck.ParseToken(args[0]); err == nil {
			return fmt.Errorf("a token does not belong on a command line: %s takes flags only", cmd.CommandPath())
		}
		return fmt.Errorf("%q is a word too many: %s takes flags only", shown(args[0]), cmd.CommandPath())
	}
	return nil
}
