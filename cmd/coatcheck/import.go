package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// importFlags are the flags of the command that reads a store from a file.
type importFlags struct {
	place         place
	replace, skip bool
	rate, workers int
	dryRun        bool
	in            io.Reader
}

// newImport returns the command that reads a store from a file.
func newImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:     "import [FILE]",
		GroupID: groupMove,
		Short:   "Read what export wrote",
		Long: `Put the sessions of an export (coatcheck export) into a store, as they were:
under their IDs, so that nobody is logged out, with their deadlines. Those that
have expired are left out.

A file is read to its end before anything is changed: one that is damaged or cut
off changes nothing. Standard input is believed line by line, and only its last
line shows that it was whole.

A session that is there in the same form stays, so that an import which was cut
short can be started again. One that is there in another form ends the import,
unless --skip leaves it as it is, or --replace puts the export's in its place. A
session that has ended since the export lives again: import is for backups, and
coatcheck copy is for moving to another store.`,
		Example: `  coatcheck import -s hash:sessions.ht sessions.ndjson
  zstd -dc sessions.ndjson.zst | coatcheck import --store-file store --skip`,
		Args: cobra.MaximumNArgs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.replace, "replace", false, "put the export's session in the place of one that differs")
	flags.BoolVar(&f.skip, "skip", false, "leave a session that differs as it is")
	flags.IntVar(&f.rate, "rate", 0, "write no more than `N` sessions a second (default no limit)")
	flags.IntVar(&f.workers, "workers", 16, "make `N` calls to the store at a time")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and say what would be done")
	cmd.MarkFlagsMutuallyExclusive("replace", "skip")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		f.in = cmd.InOrStdin()
		switch {
		case f.rate < 0:
			return fmt.Errorf("--rate %d: must not be below 0", f.rate)
		case f.workers < 1:
			return fmt.Errorf("--workers %d: must be above 0", f.workers)
		}
		return nil
	}
	return onStore(cmd, &f.place, f.load)
}

// load imports from the file, or from standard input.
func (f *importFlags) load(ctx context.Context, j *job, args []string) error {
	if err := j.keeps(); err != nil && !f.dryRun {
		return err
	}
	in := transfer.Import{From: f.in, To: j.store, DryRun: f.dryRun, Rate: f.rate, Workers: f.workers}
	if len(args) > 0 {
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		if in.Total, err = checked(file); err != nil {
			return spoilt(fmt.Errorf("%w; nothing was changed", err))
		}
		in.From = file
	} else if show.IsTerminal(f.in) {
		return misusef("say which file to import, or pipe one in")
	}
	switch {
	case f.replace:
		in.Clash = transfer.ClashReplace
	case f.skip:
		in.Clash = transfer.ClashSkip
	}
	bar := progressOf(j.Printer)
	in.Progress = bar.show
	res, err := in.Run(ctx)
	bar.done()
	if errors.Is(err, coatcheck.ErrExists) {
		err = fmt.Errorf("%w: say --skip or --replace", err)
	}
	if err != nil {
		if f.dryRun {
			return err
		}
		return partly(int(res.Created+res.Replaced), spoilt(err))
	}
	return f.report(j, res)
}

// spoilt gives an error its exit code if it is one of the export.
func spoilt(err error) error {
	if errors.Is(err, transfer.ErrExport) {
		return exit.With(exit.Corrupt, fmt.Errorf("%w; coatcheck export makes a whole one", err))
	}
	return err
}

// checked reads an export to its end, and goes back to its beginning. What is
// no regular file can be read once only, so it is left as it is.
func checked(file *os.File) (n int64, err error) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, err
	}
	if n, err = transfer.Check(file); err != nil {
		return n, err
	}
	_, err = file.Seek(0, io.SeekStart)
	return n, err
}

// report says what was done.
func (f *importFlags) report(j *job, r transfer.ImportResult) error {
	verb := "imported"
	if f.dryRun {
		verb = "would be imported"
	}
	text := fmt.Sprintf("%s %s", show.Plural(r.Created+r.Replaced, "session"), verb)
	for _, l := range []struct {
		n    int64
		text string
	}{
		{r.Replaced, "of them in the place of others"},
		{r.There, "there already"},
		{r.Skipped, "there in another form, and skipped"},
		{r.Expired, "expired"},
	} {
		if l.n > 0 {
			text += fmt.Sprintf(", %s %s", show.Count(l.n), l.text)
		}
	}
	result := struct {
		transfer.ImportResult
		DryRun bool `json:"dry_run,omitempty"`
	}{r, f.dryRun}
	if err := j.Result(result, text+"."); err != nil || r.Refused == 0 {
		return err
	}
	return exit.With(exit.Partial, fmt.Errorf("%s not imported: the store does not take them, since they are too large for it", show.Plural(r.Refused, "session")))
}
