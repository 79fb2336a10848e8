package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// revokeFlags are the flags of the command that logs somebody out everywhere.
type revokeFlags struct {
	place   place
	consent consent
	owner   string
	except  []string
}

// newRevoke returns the command that logs somebody out everywhere.
func newRevoke() *cobra.Command {
	var f revokeFlags
	cmd := &cobra.Command{
		Use:     "revoke --owner OWNER",
		GroupID: groupChange,
		Short:   "Log an owner out everywhere",
		Long: `End all sessions of an owner, on every device, those included that are being
logged in or renewed at this moment. On a terminal it asks first; elsewhere it
wants --yes.`,
		Example: `  coatcheck revoke -s redis://localhost --owner ada
  coatcheck revoke -s hash:/var/lib/shop/sessions --owner ada --except 3f9a1c77 --yes`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&f.owner, "owner", "", "whose sessions end: `OWNER`, as the program named them at the login")
	cmd.Flags().StringSliceVar(&f.except, "except", nil, "but not the session `ID`; may be given several times")
	f.consent.flags(cmd)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if f.owner == "" {
			return errors.New("say whose sessions are to end: --owner OWNER")
		}
		for _, word := range f.except {
			if _, _, err := listing.ParseName(word); err != nil {
				return fmt.Errorf("--except: %w", err)
			}
		}
		return nil
	}
	return onStore(cmd, &f.place, f.revoke)
}

// revocation is the result.
type revocation struct {
	Owner  string `json:"owner"`
	Ended  int    `json:"ended"`
	DryRun bool   `json:"dry_run,omitempty"`
}

// An ending is a store that tells a line of progress what it deletes. An owner may
// have so many sessions that it takes minutes.
type ending struct {
	*bounded.Store
	progress *show.Progress
}

// Delete implements [coatcheck.Store].
func (e *ending) Delete(ctx context.Context, id coatcheck.ID) error {
	err := e.Store.Delete(ctx, id)
	if err == nil {
		e.progress.Add(1)
	}
	return err
}

// revoke ends the sessions.
func (f *revokeFlags) revoke(ctx context.Context, j *job, _ []string) error {
	can := coatcheck.CapabilitiesOf(j.store)
	if !can.List && !can.Owners {
		return listing.Unable("find the sessions of an owner")
	}
	var except []coatcheck.ID
	spared := map[coatcheck.ID]bool{}
	for _, word := range f.except {
		id, err := j.find(ctx, word)
		if err != nil {
			return fmt.Errorf("--except: %w", err)
		}
		except = append(except, id)
		spared[id] = true
	}
	e := &ending{bounded.New(j.raw, j.timeout), j.Progress("Finding", 0)}
	defer func() { e.progress.Done() }()
	j.store = e
	m, err := j.manager(coatcheck.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	found := 0
	for info, err := range m.Sessions(ctx, f.owner) {
		if err != nil {
			return err
		}
		if !spared[info.ID] {
			found++
		}
		e.progress.Add(1)
	}
	e.progress.Done()
	who := show.Owner(f.owner)
	if f.consent.dryRun {
		return j.Result(revocation{f.owner, found, true}, fmt.Sprintf("%s of %s would end.", show.Plural(int64(found), "session"), who))
	}
	if found > 0 {
		if err := j.ask(ctx, f.consent, "End %s of %s?", show.Plural(int64(found), "session"), who); err != nil {
			return err
		}
	}
	e.progress = j.Progress("Ending", int64(found))
	// Also where none was found: one may be about to be.
	n, err := m.DestroyOwner(ctx, f.owner, except...)
	e.progress.Done()
	if err != nil {
		return partly(n, err)
	}
	return j.Result(revocation{f.owner, n, false}, fmt.Sprintf("%s of %s ended.", show.Plural(int64(n), "session"), who))
}
