package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// A job is one run of a command that works on a store.
type job struct {
	*show.Printer
	url     string          // of the store; it may have a password, so print it by shown
	raw     coatcheck.Store // the store itself, for what only its kind can
	store   coatcheck.Store // the same, with a limit to each call
	timeout time.Duration   // that limit
	now     time.Time       // when the job began
}

// onStore makes cmd a command that works on the store that p names, which must
// exist: it is open while work runs, and closed whatever happens. What work
// returns is a failure, unless it is a misuse.
func onStore(cmd *cobra.Command, p *place, work func(ctx context.Context, j *job, args []string) error) *cobra.Command {
	return onStoreAs(asItIs, cmd, p, work)
}

// onStoreAs is onStore, with the store opened in some way.
func onStoreAs(how opening, cmd *cobra.Command, p *place, work func(ctx context.Context, j *job, args []string) error) *cobra.Command {
	p.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return judged(p.work(cmd, how, func(ctx context.Context, j *job) error { return work(ctx, j, args) }))
	}
	return cmd
}

// work opens the store, calls fn and closes the store.
func (p *place) work(cmd *cobra.Command, how opening, fn func(context.Context, *job) error) error {
	url, store, err := p.open(how)
	if err != nil {
		return err
	}
	j := &job{
		Printer: newPrinter(cmd),
		url:     url,
		raw:     store,
		store:   bounded.New(store, p.timeout),
		timeout: p.timeout,
		now:     time.Now(),
	}
	err = fn(cmd.Context(), j)
	if _, local := localPath(url); local && errors.Is(err, context.DeadlineExceeded) {
		err = exit.With(exit.Busy, fmt.Errorf("%w: somebody may hold it locked", err))
	}
	return errors.Join(err, j.Flush(), closeStore(store))
}

// newPrinter returns a printer on the command's streams.
func newPrinter(cmd *cobra.Command) *show.Printer {
	json, _ := cmd.Flags().GetBool("json")
	noColor, _ := cmd.Flags().GetBool("no-color")
	return show.New(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), json, noColor)
}

// manager returns a manager of the store's sessions that does nothing by
// itself. The caller closes it.
func (j *job) manager(opts coatcheck.Options) (*coatcheck.Manager, error) {
	opts.StoreTimeout = j.timeout
	opts.SweepInterval = coatcheck.NoSweep
	opts.Logger = slog.New(slog.DiscardHandler)
	return coatcheck.New(j.store, &opts)
}

// keeps returns an error if what is put into the store would be gone when the
// command ends.
func (j *job) keeps() error {
	if inMemory, snapshot := memory(j.url); inMemory && !snapshot {
		return misusef("the store is in memory, and would be gone when the command ends: name another one")
	}
	return nil
}

// memory reports whether a URL names a store in memory, and whether that one has
// a file for its snapshots.
func memory(url string) (inMemory, snapshot bool) {
	inMemory = strings.HasPrefix(url, "mem:")
	return inMemory, inMemory && strings.Contains(url, "snapshot=")
}

// id returns a session's ID as tables show it.
func id(of coatcheck.ID, long bool) string {
	if long {
		return of.String()
	}
	return of.Short()
}
