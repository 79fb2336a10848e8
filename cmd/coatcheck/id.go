package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/memstore"
)

// newID returns the command that makes a session's ID of its token.
func newID() *cobra.Command {
	var name string
	var inURL bool
	cmd := &cobra.Command{
		Use:   "id",
		Short: "Turn a token into its ID",
		Long: `Print the ID of the session that a token opens; of one that travels in URLs
with --url, since these have IDs of their own. The token, which is what the
browser's cookie holds, comes by standard input: on a command line everybody on
this machine could read it, and use it.`,
		Example:           `  coatcheck id < token.txt`,
		Args:              noToken,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newPrinter(cmd)
			return judged(errors.Join(printID(cmd.Context(), p, cmd.InOrStdin(), name, inURL), p.Flush()))
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the `NAME` of the manager that issued it, Options.Name (default \"id\")")
	cmd.Flags().BoolVar(&inURL, "url", false, "the token travels in URLs")
	return cmd
}

// noToken refuses arguments without repeating them.
func noToken(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return errors.New("the token comes by standard input, not on the command line, where others can read it")
	}
	return nil
}

// printID reads a token, and prints its ID.
func printID(ctx context.Context, p *show.Printer, in io.Reader, name string, inURL bool) error {
	o := &coatcheck.Options{Name: name, SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler)}
	if inURL {
		o.Carrier = coatcheck.InsecureURLCarrier("session")
	}
	m, err := coatcheck.New(memstore.New(nil), o)
	if err != nil {
		return misuse{err}
	}
	defer m.Close()
	line, err := p.Secret(ctx, in, "Token: ")
	if err != nil {
		return err
	}
	token, err := coatcheck.ParseToken(line)
	if err != nil {
		return exit.With(exit.Usage, fmt.Errorf("what standard input says is no token: that has 43 letters, digits, - and _"))
	}
	id := m.ID(token)
	return p.Result(map[string]coatcheck.ID{"id": id}, id.String())
}
