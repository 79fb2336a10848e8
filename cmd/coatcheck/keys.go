package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/keyfile"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// newKeys returns the commands for the keys of sealed cookies.
func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keys",
		GroupID: groupKeep,
		Short:   "Make and rotate cookie keys",
		Long: `Make, list and change the keys of sealed cookies, which a store sealed:KEYFILE
reads. The keys themselves are never shown, only their IDs, which say nothing
about them. A file changes in one step, and its owner and group stay.`,
		Example: `  coatcheck keys new /etc/shop/cookie.keys
  coatcheck keys rotate /etc/shop/cookie.keys
  coatcheck keys ls /etc/shop/cookie.keys`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return failed(cmd.Help()) },
	}
	cmd.AddCommand(newKeysNew(), newKeysLs(), newKeysRotate())
	return cmd
}

// oneFile wants the name of a file.
func oneFile(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("say which FILE has the keys, and no more")
	}
	return nil
}

// onKeys makes cmd a command that works on a file of keys.
func onKeys(cmd *cobra.Command, work func(ctx context.Context, p *show.Printer, path string) error) *cobra.Command {
	cmd.Args = oneFile
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p := newPrinter(cmd)
		err := work(cmd.Context(), p, args[0])
		if errors.Is(err, fs.ErrNotExist) && cmd.Name() != "new" {
			err = exit.With(exit.NotFound, fmt.Errorf("there is no file %s: coatcheck keys new makes one", show.Line(args[0])))
		}
		return judged(errors.Join(err, p.Flush()))
	}
	return cmd
}

// newKeysNew returns the command that makes a file.
func newKeysNew() *cobra.Command {
	return onKeys(&cobra.Command{
		Use:     "new FILE",
		Short:   "Make a file with a new key",
		Long:    `Make a file with one new key, which only its owner may read.`,
		Example: `  coatcheck keys new /etc/shop/cookie.keys`,
	}, func(_ context.Context, p *show.Printer, path string) error {
		f := keyfile.New(time.Now())
		err := keyfile.Create(path, f)
		if errors.Is(err, fs.ErrExist) {
			return exit.With(exit.Busy, fmt.Errorf("%s is there already: coatcheck keys rotate changes its keys", path))
		}
		if err != nil {
			return err
		}
		return printStage(p, f, fmt.Sprintf("%s has the new key %s.", show.Line(path), f.Keys[0].ID()))
	})
}

// A keyRow is what --json says of a key.
type keyRow struct {
	ID   string     `json:"id"`
	Role string     `json:"role"` // seals or opens
	Made *time.Time `json:"made,omitempty"`
}

// newKeysLs returns the command that lists keys.
func newKeysLs() *cobra.Command {
	return onKeys(&cobra.Command{
		Use:     "ls FILE",
		Short:   "List the keys of a file by their IDs",
		Long:    `List the keys of a file by their IDs, and say how far a change of them has come.`,
		Example: `  coatcheck keys ls /etc/shop/cookie.keys`,
	}, func(_ context.Context, p *show.Printer, path string) error {
		f, err := keyfile.Read(path)
		if err != nil {
			return err
		}
		t := p.Table(show.Column{Head: "KEY"}, show.Column{Head: "ROLE"}, show.Column{Head: "MADE"})
		for _, row := range keyRows(f) {
			if p.JSON {
				err = errors.Join(err, p.Line(row))
				continue
			}
			made := time.Time{}
			if row.Made != nil {
				made = *row.Made
			}
			err = errors.Join(err, t.Row(row.ID, row.Role, show.Moment(made, time.Now())))
		}
		if err = errors.Join(err, t.Flush()); err == nil && !p.JSON && f.Stage != keyfile.Settled {
			p.Notef("%s", nextStage(f))
		}
		return err
	})
}

// keyRows are the keys of a file, in their order.
func keyRows(f *keyfile.File) (rows []keyRow) {
	for i, k := range f.Keys {
		row := keyRow{ID: k.ID(), Role: "opens"}
		if i == 0 {
			row.Role = "seals"
		}
		if !k.Made.IsZero() {
			row.Made = &k.Made
		}
		rows = append(rows, row)
	}
	return rows
}

// rotateFlags are the flags of the command that changes keys.
type rotateFlags struct {
	consent consent
	life    time.Duration
	leaked  bool
}

// newKeysRotate returns the command that changes keys.
func newKeysRotate() *cobra.Command {
	var f rotateFlags
	cmd := &cobra.Command{
		Use:   "rotate FILE",
		Short: "Take the next step of a change of keys",
		Long: `Change the key that seals, in three steps, so that nobody is logged out. Each
call takes the next step; between two of them every process must have read the
file anew, which most do when they start.

  1. a new key is added, and opens
  2. the new key seals, and the old ones open
  3. the old ones are removed, when no cookie needs them any more: --absolute,
     the absolute timeout of your sessions, after the second step

If a key has leaked there is no time for that: --leaked puts a new key in the
place of all at once, which logs everybody out.`,
		Example: `  coatcheck keys rotate /etc/shop/cookie.keys
  coatcheck keys rotate /etc/shop/cookie.keys --leaked --yes`,
	}
	f.consent.flags(cmd)
	cmd.Flags().DurationVar(&f.life, "absolute", 12*time.Hour, "the absolute timeout of the sessions, `DUR`")
	cmd.Flags().BoolVar(&f.leaked, "leaked", false, "put a new key in the place of all, which logs everybody out")
	complete(cmd, "absolute", "12h", "24h", "168h")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if f.life <= 0 {
			return fmt.Errorf("--absolute %v: must be above 0", f.life)
		}
		return nil
	}
	return onKeys(cmd, f.rotate)
}

// rotate changes the keys of the file at path.
func (f *rotateFlags) rotate(ctx context.Context, p *show.Printer, path string) error {
	if f.consent.dryRun {
		file, err := keyfile.Read(path)
		if err == nil {
			err = f.step(file)
		}
		if err != nil {
			return rotateFailure(err)
		}
		return printStage(p, file, "Nothing was changed. So it would be: "+stageText(file))
	}
	if f.leaked {
		err := p.Confirm(ctx, f.consent.yes, "Remove every key of %s, which logs everybody out?", show.Line(path))
		if errors.Is(err, show.ErrNobody) {
			return misuse{err}
		}
		if err != nil {
			return err
		}
	}
	var changed *keyfile.File
	err := keyfile.Change(path, func(file *keyfile.File) error {
		changed = file
		return f.step(file)
	})
	if err != nil {
		return rotateFailure(err)
	}
	return printStage(p, changed, stageText(changed)+" "+nextStage(changed))
}

// step changes the keys.
func (f *rotateFlags) step(file *keyfile.File) error {
	if f.leaked {
		file.Reset(time.Now())
		return nil
	}
	return file.Advance(time.Now(), f.life)
}

// rotateFailure says what to do about an error.
func rotateFailure(err error) error {
	switch {
	case errors.Is(err, keyfile.ErrEarly):
		return exit.With(exit.Busy, fmt.Errorf("%w: wait, or say --absolute if your sessions live shorter", err))
	case errors.Is(err, keyfile.ErrUnknown):
		return fmt.Errorf(`%w: write the line "# rotation: sealing" and a time such as 2026-01-31T12:00:00Z into it if the first key is the new one, "# rotation: added" if the last one is`, err)
	case errors.Is(err, fs.ErrExist):
		return exit.With(exit.Busy, err)
	}
	return err
}

// stageText says what a file of keys is like.
func stageText(f *keyfile.File) string {
	switch first, last := f.Keys[0].ID(), f.Keys[len(f.Keys)-1].ID(); f.Stage {
	case keyfile.Added:
		return fmt.Sprintf("Step 1 of 3: key %s is added, and opens. Key %s still seals.", last, first)
	case keyfile.Sealing:
		return fmt.Sprintf("Step 2 of 3: key %s seals. The old ones open.", first)
	default:
		return fmt.Sprintf("Key %s is the only one.", first)
	}
}

// nextStage says what comes next.
func nextStage(f *keyfile.File) string {
	switch f.Stage {
	case keyfile.Added:
		return "Next: let every process read the file, then rotate once more."
	case keyfile.Sealing:
		return "Next: let every process read the file, wait for an absolute timeout, then rotate once more."
	case keyfile.Unknown:
		return "The file does not say how far a change of its keys has come."
	default:
		return "Next: let every process read the file."
	}
}

// printStage prints what a file of keys is like now.
func printStage(p *show.Printer, f *keyfile.File, text string) error {
	return p.Result(struct {
		Stage keyfile.Stage `json:"stage"`
		Keys  []keyRow      `json:"keys"`
	}{f.Stage, keyRows(f)}, text)
}
