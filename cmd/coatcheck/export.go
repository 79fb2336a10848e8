package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// exportFlags are the flags of the command that writes a store into a file.
type exportFlags struct {
	place  place
	output string
	rate   int
	out    io.Writer
}

// newExport returns the command that writes a store into a file.
func newExport() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:     "export",
		GroupID: groupMove,
		Short:   "Write sessions as JSON lines",
		Long: `Write all sessions as lines of JSON: one line says what it is, each session has
one, and the last line has the checksum of all. Nothing is lost on the way, so
that coatcheck import makes the same sessions again, in whatever store.

The store may be in use. Each session is written as it was at some moment of the
export; those that have expired are left out.

The lines hold what the sessions hold, so keep them as secret: --output makes a
file that only you can read. It is there when it is whole, and not before.`,
		Example: `  coatcheck export -s hash:sessions.ht -o sessions.ndjson
  coatcheck export --store-file store | zstd > sessions.ndjson.zst
  coatcheck export -s sqlite:app.db | jq -c 'select(.owner) | [.owner, .data]'`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "write to `FILE` instead of standard output")
	flags.IntVar(&f.rate, "rate", 0, "read no more than `N` sessions a second (default no limit)")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		f.out = cmd.OutOrStdout()
		if f.rate < 0 {
			return fmt.Errorf("--rate %d: must not be below 0", f.rate)
		}
		return nil
	}
	return onStore(cmd, &f.place, f.export)
}

// exported is the result of an export.
type exported struct {
	Exported int64  `json:"exported"`
	Output   string `json:"output"`
}

// export writes all sessions.
func (f *exportFlags) export(ctx context.Context, j *job, _ []string) error {
	if f.output == "" {
		n, err := f.write(ctx, j, f.out)
		if err == nil {
			j.Notef("%s exported.", show.Plural(n, "session"))
		}
		return err
	}
	// Beside it, so that what was there stays until the new one is whole.
	partial := f.output + ".partial"
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	err = file.Chmod(0o600)
	var n int64
	if err == nil {
		n, err = f.write(ctx, j, file)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(partial, f.output)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return j.Result(exported{n, f.output}, fmt.Sprintf("%s exported to %s.", show.Plural(n, "session"), f.output))
}

// write writes them to w.
func (f *exportFlags) write(ctx context.Context, j *job, w io.Writer) (int64, error) {
	bar := progressOf(j.Printer)
	defer bar.done()
	return transfer.Export{From: j.store, To: w, Rate: f.rate, Progress: bar.show}.Run(ctx)
}
