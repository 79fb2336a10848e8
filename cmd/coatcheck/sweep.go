package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// sweepFlags are the flags of the command that deletes what has expired.
type sweepFlags struct {
	place       place
	batch, rate int
	grace       time.Duration
	dryRun      bool
}

// newSweep returns the command that deletes what has expired.
func newSweep() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:     "sweep",
		GroupID: groupChange,
		Short:   "Delete what has expired",
		Long: `Delete expired sessions, in batches between which others get at the store.
Programs that use the library sweep by themselves; this is for jobs, where they
have switched that off, and for stores that nobody uses any more.

Like the library, it leaves alone what expired within the last hour: a clock that
is wrong here should not cost anybody's session. --grace says otherwise.

It may be interrupted and started again at any time.`,
		Example: `  coatcheck sweep --store-file /etc/shop/store --rate 1000
  coatcheck sweep -s hash:/var/lib/shop/sessions --grace 0s --dry-run`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.IntVar(&f.batch, "batch", 500, "delete at most `N` records at a time")
	flags.IntVar(&f.rate, "rate", 0, "delete at most about `N` records a second (default no limit)")
	flags.DurationVar(&f.grace, "grace", time.Hour, "leave alone what expired less than `DUR` ago")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and say what would be done")
	complete(cmd, "grace", "0s", "1h", "24h")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		f.place.expired = f.dryRun
		switch {
		case f.batch < 1:
			return fmt.Errorf("--batch %d: must be above 0", f.batch)
		case f.rate < 0:
			return fmt.Errorf("--rate %d: must not be below 0", f.rate)
		case f.grace < 0:
			return fmt.Errorf("--grace %v: must not be below 0: live sessions are not swept", f.grace)
		}
		return nil
	}
	return onStore(cmd, &f.place, f.sweep)
}

// sweeping is the result of a sweep.
type sweeping struct {
	Deleted int   `json:"deleted"`
	AtMost  int64 `json:"at_most,omitempty"` // of a dry run, where the store does not list all
	DryRun  bool  `json:"dry_run,omitempty"`
}

// sweep deletes what has expired.
func (f *sweepFlags) sweep(ctx context.Context, j *job, _ []string) error {
	if !coatcheck.CapabilitiesOf(j.store).Sweep {
		return listing.Unable("be swept: its servers delete what has expired by themselves")
	}
	before := j.now.Add(-f.grace)
	if f.dryRun {
		return f.foresee(ctx, j, before)
	}
	progress := j.Progress("Sweeping", 0)
	defer progress.Done()
	var done sweeping
	for cursor := ""; ; {
		begun := time.Now()
		batch, err := j.store.(coatcheck.Sweeper).Sweep(ctx, before, cursor, f.limit())
		done.Deleted += batch.Deleted
		progress.Add(int64(batch.Deleted))
		switch {
		case err == nil && batch.Next == "":
			progress.Done()
			return j.Result(done, show.Plural(int64(done.Deleted), "expired record")+" deleted.")
		case err == nil && batch.Next == cursor:
			err = errors.New("the store's sweep does not advance")
		case err == nil:
			cursor = batch.Next
			err = f.rest(ctx, begun, batch.Deleted)
		}
		if ctx.Err() != nil {
			return stopped(ctx, done.Deleted)
		}
		if err != nil {
			return partly(done.Deleted, err)
		}
	}
}

// limit is how many records a batch may delete: no more than the rate allows
// in a second.
func (f *sweepFlags) limit() int {
	if f.rate > 0 {
		return min(f.batch, f.rate)
	}
	return f.batch
}

// rest waits as long as the rate asks for after a batch.
func (f *sweepFlags) rest(ctx context.Context, begun time.Time, deleted int) error {
	if f.rate == 0 || deleted == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(begun.Add(time.Duration(deleted) * time.Second / time.Duration(f.rate))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// foresee counts what a sweep would delete. Most stores leave expired records
// out of their lists; how many those are, their figures tell at most.
func (f *sweepFlags) foresee(ctx context.Context, j *job, before time.Time) error {
	found := sweeping{DryRun: true}
	var seen int64
	for rec, err := range j.records(ctx) {
		if err != nil {
			return err
		}
		seen++
		if !rec.Live(before) {
			found.Deleted++
		}
	}
	st, err := coatcheck.StatOf(ctx, j.store)
	if err != nil {
		return err
	}
	text := show.Plural(int64(found.Deleted), "expired record") + " would be deleted."
	if hidden := st.Records - seen; hidden > 0 {
		found.AtMost = int64(found.Deleted) + hidden
		text = fmt.Sprintf("At most %s would be deleted: the store does not list them, so it is not known for how long they have expired.", show.Plural(found.AtMost, "record"))
	}
	return j.Result(found, text)
}
