package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// consent is what every command that ends sessions asks for.
type consent struct{ yes, dryRun bool }

// flags adds its flags to cmd.
func (c *consent) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "change nothing, and say what would be done")
}

// rmFlags are the flags of the command that ends sessions.
type rmFlags struct {
	place         place
	consent       consent
	ignoreMissing bool
}

// newRm returns the command that ends sessions.
func newRm() *cobra.Command {
	var f rmFlags
	cmd := &cobra.Command{
		Use:     "rm ID…",
		GroupID: groupChange,
		Short:   "End sessions by their IDs",
		Long: `End sessions: whoever has their tokens is logged out at once, and nothing brings
them back. On a terminal it asks first; elsewhere it wants --yes.

An ID is 64 hexadecimal digits. The first six or more of them are enough, but
then the whole store is searched. If any of the sessions is missing, nothing is
changed, unless --ignore-missing is set.`,
		Example: `  coatcheck rm -s hash:/var/lib/shop/sessions 3f9a1c77
  coatcheck ls -s sqlite:app.db --idle 72h --json | jq -r .id | xargs coatcheck rm -s sqlite:app.db --yes`,
		Args:              oneOrMoreIDs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVar(&f.ignoreMissing, "ignore-missing", false, "do not mind sessions that are not there")
	f.consent.flags(cmd)
	return onStore(cmd, &f.place, f.remove)
}

// removal is the result of ending sessions.
type removal struct {
	Removed int  `json:"removed"`
	Missing int  `json:"missing,omitempty"`
	DryRun  bool `json:"dry_run,omitempty"`
}

// remove ends the sessions that words name.
func (f *rmFlags) remove(ctx context.Context, j *job, words []string) error {
	var ids []coatcheck.ID
	var done removal
	for _, word := range words {
		id, err := j.find(ctx, word)
		switch {
		case err == nil && slices.Contains(ids, id): // it is named twice
		case err == nil:
			ids = append(ids, id)
		case exit.Of(err) == exit.NotFound && f.ignoreMissing:
			done.Missing++
		default:
			return err
		}
	}
	what := show.Plural(int64(len(ids)), "session")
	if f.consent.dryRun {
		done.Removed, done.DryRun = len(ids), true
		return j.Result(done, fmt.Sprintf("%s would end.", what))
	}
	if len(ids) > 0 {
		question := what
		if len(ids) == 1 {
			question = "session " + ids[0].Short()
		}
		if err := j.ask(ctx, f.consent, "End %s?", question); err != nil {
			return err
		}
	}
	m, err := j.manager(coatcheck.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	for _, id := range ids {
		if err := m.Destroy(ctx, id); err != nil && !errors.Is(err, coatcheck.ErrGone) {
			return partly(done.Removed, fmt.Errorf("session %s: %w", id.Short(), err))
		}
		done.Removed++
	}
	return j.Result(done, fmt.Sprintf("%s ended.", show.Plural(int64(done.Removed), "session")))
}

// find returns the ID of a session that exists, if only as a damaged one.
func (j *job) find(ctx context.Context, word string) (coatcheck.ID, error) {
	id, err := listing.Find(ctx, j.store, word, j.now)
	if err != nil {
		return id, err
	}
	if _, err := j.store.Load(ctx, id); err != nil && !errors.Is(err, coatcheck.ErrCorrupt) {
		return id, unhappy(id, err)
	}
	return id, nil
}

// ask asks whether something is to be done, unless that is settled.
func (j *job) ask(ctx context.Context, c consent, format string, args ...any) error {
	err := j.Confirm(ctx, c.yes, format, args...)
	if errors.Is(err, show.ErrNobody) {
		return misuse{err}
	}
	return err
}

// partly says of an error that some of the work was done before it.
func partly(done int, err error) error {
	if done == 0 || err == nil {
		return err
	}
	return exit.With(exit.Partial, fmt.Errorf("after %s: %w", show.Plural(int64(done), "session"), err))
}
