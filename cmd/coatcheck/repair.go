package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A repairer is a store that mends itself.
type repairer interface {
	Repair(ctx context.Context) error
}

// newRepair returns the command that mends a store.
func newRepair() *cobra.Command {
	var p place
	var c consent
	cmd := &cobra.Command{
		Use:     "repair",
		GroupID: groupKeep,
		Short:   "Mend a damaged store",
		Long: `Make a damaged store sound again, and keep every session that is whole.

  hash:FILE  Nobody else may have it open: stop the programs that do. What is
             damaged is lost; keep a copy of the file if that matters to you. On
             a terminal it asks first; elsewhere it wants --yes.
  file:DIR   The index of owners gets what it lacks, as after files were put back
             from a backup. It may be in use.

Other stores have tools of their own.`,
		Example: `  cp -p sessions.ht sessions.damaged
  coatcheck repair -s hash:sessions.ht`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.flags(cmd)
	p.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if path, ok, err := p.hashFile(cmd.Context()); ok || err != nil {
			out := newPrinter(cmd)
			return judged(errors.Join(repairHash(cmd.Context(), out, path, c, err), out.Flush()))
		}
		return judged(p.work(cmd, asItIs, func(ctx context.Context, j *job) error { return j.repair(ctx, c) }))
	}
	return cmd
}

// repairHash mends a hash file.
func repairHash(ctx context.Context, p *show.Printer, path string, c consent, err error) error {
	if err != nil {
		return err
	}
	report, err := audit(ctx, path)
	switch {
	case err != nil:
		return err
	case len(report.Faults) == 0:
		return p.Result(checkupOf(report), "Nothing is wrong with it.")
	case c.dryRun:
		return checkupOf(report).print(p, "repair without --dry-run mends it")
	case report.Live:
		return exit.With(exit.Busy, fmt.Errorf("%s is in use: stop the programs that have it open", path))
	}
	err = p.Confirm(ctx, c.yes, "Mend %s, of which %s lost?", path, lost(report.Damaged))
	if errors.Is(err, show.ErrNobody) {
		return misuse{err}
	}
	if err != nil {
		return err
	}
	if report, err = hashstore.Repair(path); err != nil {
		return err
	}
	return p.Result(checkupOf(report), fmt.Sprintf("It is mended: %s kept, %s lost.", show.Plural(int64(report.Records), "record"), show.Count(int64(report.Damaged))))
}

// lost speaks of so many records.
func lost(n int) string {
	if n == 1 {
		return "1 record is"
	}
	return show.Count(int64(n)) + " records are"
}

// repair mends a store of another kind, if it can do that.
func (j *job) repair(ctx context.Context, c consent) error {
	r, ok := j.raw.(repairer)
	if !ok {
		return listing.Unable("be mended from here; databases and servers have tools of their own")
	}
	if c.dryRun {
		return j.Result(map[string]bool{"dry_run": true}, "The index of owners would be made complete.")
	}
	if err := r.Repair(ctx); err != nil {
		return err
	}
	return j.Result(map[string]bool{"repaired": true}, "The index of owners is complete.")
}
