package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// exportFlags are the flags of the command that writes a store into a file.
type exportFlags struct {
	place  place
	output string
	rate   int
	out    io.Writer
	log    *show.Log // where the store says what it leaves out
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
export; those that have expired are left out. So are damaged ones: the others are
written, and the exit code is 6.

The lines hold what the sessions hold, so keep them as secret: --output makes a
file that only you can read. It is there when it is whole, and not before: until
then it is FILE.NUMBER.partial, which a kill leaves behind, and of no use.`,
		Example: `  coatcheck export -s hash:sessions.ht -o sessions.ndjson
  coatcheck export --store-file store | zstd > sessions.ndjson.zst
  coatcheck export -s sqlite:app.db | jq -c 'select(.owner) | [.owner, .data]'`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "write to `FILE` instead of standard output")
	flags.IntVar(&f.rate, "rate", 0, "read no more than `N` sessions a second (default no limit)")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		f.out = cmd.OutOrStdout()
		f.log = show.NewLog(cmd.ErrOrStderr())
		slog.SetDefault(slog.New(f.log)) // before the store is opened, which takes it
		if f.rate < 0 {
			return fmt.Errorf("--rate %d: must not be below 0", f.rate)
		}
		return refuseEmpty(cmd.Flags(), "output") // rather than write secrets to a terminal
	}
	return onStore(cmd, &f.place, f.export)
}

// exported is the result of an export.
type exported struct {
	Exported int64  `json:"exported"`
	Damaged  int    `json:"damaged,omitempty"` // left out
	Output   string `json:"output"`
}

// export writes all sessions.
func (f *exportFlags) export(ctx context.Context, j *job, _ []string) error {
	if f.output == "" {
		n, err := f.write(ctx, j, f.out)
		if err == nil {
			j.Notef("%s exported.", show.Plural(n, "session"))
			err = f.verdict()
		}
		return err
	}
	output, err := f.destination()
	if err != nil {
		return err
	}
	// Beside it, so that what was there stays until the new one is whole, and
	// under a name of its own, which nobody can have put there before.
	file, err := os.CreateTemp(filepath.Dir(output), filepath.Base(output)+".*.partial")
	if err != nil {
		return fmt.Errorf("--output %s: a file in its folder cannot be made: %w", f.output, bare(err))
	}
	n, err := f.write(ctx, j, file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), output)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	text := fmt.Sprintf("%s exported to %s.", show.Plural(n, "session"), f.output)
	if err := errors.Join(j.Result(exported{n, f.log.Sessions(), f.output}, text), j.Flush()); err != nil {
		return err
	}
	return f.verdict()
}

// verdict is an error if the store had to leave sessions out. What was written is
// whole without them.
func (f *exportFlags) verdict() error {
	n := f.log.Sessions()
	if n == 0 {
		return nil
	}
	were := "were"
	if n == 1 {
		were = "was"
	}
	return exit.With(exit.Corrupt, fmt.Errorf("%s %s left out: coatcheck check tells more", show.Plural(int64(n), "damaged session"), were))
}

// destination returns the file that --output names, behind all links. What is
// there and no file must stay: a device would be gone when a file takes its name.
func (f *exportFlags) destination() (string, error) {
	info, err := os.Stat(f.output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.output, nil
	case err != nil:
		return "", fmt.Errorf("--output: %w", err)
	case planted(f.output):
		return "", misusef("--output %s: somebody else has put a link of that name into a folder for everybody: name another file", f.output)
	case !info.Mode().IsRegular():
		return "", misusef("--output %s: it is no file; leave --output out to write to standard output", f.output)
	}
	return filepath.EvalSymlinks(f.output)
}

// planted reports whether path is a link that another user has made in a folder
// such as /tmp. Systems refuse to open what is behind one of these, but would let a
// file take its place.
func planted(path string) bool {
	link, err := os.Lstat(path)
	if err != nil || link.Mode().Type() != fs.ModeSymlink {
		return false
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || dir.Mode()&fs.ModeSticky == 0 || dir.Mode().Perm()&0o002 == 0 {
		return false
	}
	maker, known := ownerOf(link)
	keeper, _ := ownerOf(dir)
	return known && maker != os.Geteuid() && maker != keeper
}

// write writes them to w.
func (f *exportFlags) write(ctx context.Context, j *job, w io.Writer) (int64, error) {
	bar := progressOf(j.Printer)
	defer bar.done()
	return transfer.Export{From: j.store, To: w, Rate: f.rate, Progress: bar.show}.Run(ctx)
}
