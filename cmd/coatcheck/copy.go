package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
	"github.com/coatcheck/coatcheck/storeurl"
)

// copyFlags are the flags of the command that copies a store.
type copyFlags struct {
	from, to          *end
	timeout, patience time.Duration
	state             string
	batch, workers    int
	rate, passes      int
	emptied, dryRun   bool
}

// newCopy returns the command that copies a store.
func newCopy() *cobra.Command {
	var f copyFlags
	f.from, f.to = newEnds()
	cmd := &cobra.Command{
		Use:     "copy FROM TO",
		GroupID: groupMove,
		Short:   "Copy a store into another",
		Long: `Copy all sessions from one store to another, of whatever kinds, while the first
is in use: it is read again and again until a pass finds nothing new. Sessions
that have changed are replaced, those that FROM has ended are ended in TO,
touches are carried over, and in the end the digests of both sides are compared.

What it did is in a state file. It may be interrupted, killed, and started again
at any time: the same command goes on where it stopped. Run it once more after
your programs have switched to TO, and what happened in between comes after. It
never replaces or ends a session that TO's own users have changed or created, nor
brings back one that they have ended.

FROM and TO are URLs. One with a password goes into a file (--from-file,
--to-file) or into COATCHECK_FROM or COATCHECK_TO. TO is made if it is not there.`,
		Example: `  coatcheck copy hash:/var/lib/shop/sessions --to-file /etc/shop/postgres
  coatcheck copy --from-file old --to-file new --rate 2000
  coatcheck copy file:sessions hash:sessions.ht --dry-run`,
		Args: cobra.MaximumNArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offerStores(begun)
		},
	}
	f.from.flags(cmd)
	f.to.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.state, "state", "", "keep what was done in `FILE` (default one in this folder, by both names)")
	flags.IntVar(&f.rate, "rate", 0, "look at no more than `N` sessions a second (default no limit)")
	flags.IntVar(&f.batch, "batch", 500, "read and write `N` sessions at a time")
	flags.IntVar(&f.workers, "workers", 16, "make `N` calls to a store at a time")
	flags.IntVar(&f.passes, "passes", 10, "after `N` passes wait no longer for one without a change")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "let a store take `DUR` for each answer")
	flags.DurationVar(&f.patience, "patience", 30*time.Second, "ask a store that does not answer again for `DUR`")
	flags.BoolVar(&f.emptied, "emptied", false, "go on though FROM has lost most of its sessions, and end them in TO")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and say what would be done")
	complete(cmd, "timeout", "2s", "10s", "1m")
	complete(cmd, "patience", "0s", "30s", "10m")
	cmd.PreRunE = func(*cobra.Command, []string) error { return f.check() }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p := newPrinter(cmd)
		return judged(errors.Join(f.run(cmd.Context(), p, args), p.Flush()))
	}
	return cmd
}

// check finds what is wrong with the flags.
func (f *copyFlags) check() error {
	switch {
	case f.batch < 1:
		return fmt.Errorf("--batch %d: must be above 0", f.batch)
	case f.workers < 1:
		return fmt.Errorf("--workers %d: must be above 0", f.workers)
	case f.passes < 1:
		return fmt.Errorf("--passes %d: must be above 0", f.passes)
	case f.rate < 0:
		return fmt.Errorf("--rate %d: must not be below 0", f.rate)
	case f.timeout <= 0:
		return fmt.Errorf("--timeout %v: must be above 0", f.timeout)
	case f.patience < 0:
		return fmt.Errorf("--patience %v: must not be below 0", f.patience)
	}
	return nil
}

// run opens both stores, copies, and closes them.
func (f *copyFlags) run(ctx context.Context, p *show.Printer, args []string) (err error) {
	for _, e := range []*end{f.from, f.to} {
		if args, err = e.locate(args); err != nil {
			return err
		}
	}
	if len(args) > 0 {
		return misusef("%q is too much: FROM and TO are named already", shown(args[0]))
	}
	if f.from.identity() == f.to.identity() {
		return misusef("FROM and TO are the same store")
	}
	switch inMemory, snapshot := memory(f.to.url); {
	case snapshot: // a copy that is started again would take for ended what its death has cost
		return misusef("TO is in memory between its snapshots, and a copy that is killed would lose sessions: take export and import")
	case inMemory:
		return misusef("TO is in memory, and would be gone when the copy ends")
	}
	from, err := f.from.open(asItIs, f.timeout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore(from)) }()
	if err := transfer.CheckSource(from); err != nil {
		return fmt.Errorf("FROM: %w", err)
	}
	c := transfer.Copy{
		From: bounded.New(from, f.timeout), FromName: f.from.identity(), ToName: f.to.identity(), State: f.statePath(),
		Batch: f.batch, Workers: f.workers, Rate: f.rate, Passes: f.passes, Patience: max(f.patience, 1), Emptied: f.emptied,
	}
	how := made
	if f.dryRun {
		how = asItIs
	}
	to, err := f.to.open(how, f.timeout)
	if f.dryRun && errors.Is(err, storeurl.ErrAbsent) {
		c.To = absent{}
		return f.foresee(ctx, p, c)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore(to)) }()
	c.To = bounded.New(to, f.timeout)
	if f.dryRun {
		return f.foresee(ctx, p, c)
	}
	return f.copy(ctx, p, c)
}

// absent stands for a store that is not there, and that nobody uses.
type absent struct{ coatcheck.Store }

// statePath is where the state is.
func (f *copyFlags) statePath() string {
	if f.state != "" {
		return f.state
	}
	sum := sha256.Sum256([]byte(f.from.identity() + "\n" + f.to.identity()))
	return fmt.Sprintf("coatcheck-copy-%x.state", sum[:4])
}

// foresee says what a copy would do.
func (f *copyFlags) foresee(ctx context.Context, p *show.Printer, c transfer.Copy) error {
	bar := progressOf(p)
	c.Progress = bar.show
	v, err := c.Preview(ctx)
	bar.done()
	if err != nil {
		return err
	}
	result := struct {
		transfer.Preview
		DryRun bool `json:"dry_run"`
	}{v, true}
	return p.Result(result, fmt.Sprintf("FROM has %s with %s of data. %s would be new to TO, %s replaced or touched there, %s ended.",
		show.Plural(v.Sessions, "record"), show.Size(v.Bytes), show.Count(v.Create), show.Count(v.Change), show.Count(v.End)))
}

// copy copies, and says what it did.
func (f *copyFlags) copy(ctx context.Context, p *show.Printer, c transfer.Copy) error {
	bar, begun := progressOf(p), time.Now()
	c.Progress = bar.show
	res, err := c.Run(ctx)
	bar.done()
	if err != nil {
		return cutShort(c.State, res, err)
	}
	if err := p.Result(res, copyText(f, &res, time.Since(begun))); err != nil {
		return err
	}
	if err := p.Flush(); err != nil {
		return err
	}
	if err := verdict(&res, c.State); err != nil {
		return err
	}
	p.Notef("Next: let your programs use TO, and run the same command once more: it brings what FROM's last users did, and leaves alone what TO's have changed. Then delete %s and its lock.", c.State)
	return nil
}

// cutShort says how to go on after a copy that came to no end.
func cutShort(state string, res transfer.Result, err error) error {
	switch {
	case errors.Is(err, transfer.ErrEmptied):
		return fmt.Errorf("%w; nothing was ended in TO: say --emptied if that is as it should be", err)
	case errors.Is(err, transfer.ErrState):
		return fmt.Errorf("%w: it is %s; --state names another one", err, state)
	}
	if _, serr := os.Stat(state); serr != nil {
		return err
	}
	n := moved(&res)
	if errors.Is(err, context.Canceled) {
		err = context.Canceled // wherever it was met
	} else if n > 0 {
		err = exit.With(exit.Partial, err)
	}
	return fmt.Errorf("after %s were carried over (the same command goes on there, by %s): %w", show.Plural(n, "session"), state, err)
}

// moved counts what was changed in TO.
func moved(r *transfer.Result) int64 { return r.Created + r.Replaced + r.Touched + r.Ended }

// copyText is the result of a copy for people.
func copyText(f *copyFlags, r *transfer.Result, took time.Duration) string {
	text := fmt.Sprintf("%s of %s verified in %s, by their digests on both sides.\n",
		show.Plural(r.Verified, "record"), shown(f.from.url), shown(f.to.url))
	text += fmt.Sprintf("%s created, %s replaced, %s touched, %s ended, in %s and %s.\n",
		show.Count(r.Created), show.Count(r.Replaced), show.Count(r.Touched), show.Count(r.Ended),
		passes(r.Passes), show.Span(took))
	for _, l := range []struct {
		n    int64
		text string
	}{
		{r.Kept, "changed by TO's own users, and left alone"},
		{r.Gone, "ended by TO's own users, and not created again"},
		{r.Own, "of TO's own besides"},
	} {
		if l.n > 0 {
			text += fmt.Sprintf("%s %s.\n", show.Plural(l.n, "session"), l.text)
		}
	}
	if r.Absent > 0 && r.Again {
		text += fmt.Sprintf("%s not in TO any more: ended there, run out or evicted since the last copy.\n", show.Plural(r.Absent, "session"))
	}
	return text
}

// passes counts them.
func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}

// leastEmptied is how many sessions must be absent before that looks like an
// accident.
const leastEmptied = 100

// verdict is an error if TO has not all that it should have.
func verdict(r *transfer.Result, state string) error {
	of := func(what string, n int64) error {
		text := fmt.Sprintf("%s: %s", what, show.Plural(n, "session"))
		if len(r.Examples) > 0 {
			text += ", such as " + r.Examples[0].Short()
		}
		return errors.New(text)
	}
	switch {
	case r.Mismatched > 0:
		return exit.With(exit.Corrupt, of("what TO has differs from what was written there", r.Mismatched))
	case r.Refused > 0:
		return exit.With(exit.Partial, of("TO does not take what is too large for it", r.Refused))
	case r.Absent > 0 && !r.Again:
		return exit.With(exit.Partial, of("TO has lost what was written there (does it evict?)", r.Absent))
	case r.Absent > leastEmptied && r.Absent > r.Verified+r.Kept:
		return exit.With(exit.Partial, fmt.Errorf("most sessions that were copied are not in TO any more: if it was emptied by accident, delete %s and copy anew; if they were ended there, all is well", state))
	case !r.Settled:
		return exit.With(exit.Partial, fmt.Errorf("FROM changed in each of %s: what came last is not in TO yet; let your programs use TO, and run the same command once more", passes(r.Passes)))
	}
	return nil
}
