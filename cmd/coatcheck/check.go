package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/hashstore"
)

// newCheck returns the command that looks for damage.
func newCheck() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "check",
		GroupID: groupKeep,
		Short:   "Look for damage",
		Long: `Look for damage, and change nothing. A hash file is read to the last byte, also
while others use it. Of any other store that can list its sessions, each is read
and held against its checksum.

The exit code is 6 if something is damaged. Damage costs the sessions that it
hits and no others: their visitors have to log in again.`,
		Example: `  coatcheck check -s hash:/var/lib/shop/sessions
  coatcheck check -s sqlite:app.db --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	p.expired = true
	p.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if path, ok, err := p.hashFile(cmd.Context()); ok || err != nil {
			return judged(checkHash(cmd.Context(), newPrinter(cmd), path, err))
		}
		log := show.NewLog(cmd.ErrOrStderr())
		slog.SetDefault(slog.New(log)) // stores say there what they leave out of lists
		return judged(p.work(cmd, asItIs, func(ctx context.Context, j *job) error { return j.check(ctx, log) }))
	}
	return cmd
}

// A checkup is the result of a check.
type checkup struct {
	Records  int      `json:"records"`            // sound ones
	Damaged  int      `json:"damaged"`            // lost ones
	Unlisted int64    `json:"unlisted,omitempty"` // expired or damaged ones that the store keeps to itself
	Bytes    int64    `json:"bytes,omitempty"`    // of a hash file's records
	InUse    bool     `json:"in_use,omitempty"`   // whether others have a hash file open
	Rebuild  bool     `json:"rebuild,omitempty"`  // whether the index of a hash file is made anew when it is opened
	Faults   []string `json:"faults"`
}

// checkupOf is what package hashstore reports.
func checkupOf(r *hashstore.Report) *checkup {
	return &checkup{Records: r.Records, Damaged: r.Damaged, Bytes: r.Bytes, InUse: r.Live, Rebuild: r.Rebuild, Faults: r.Faults}
}

// checkHash checks a hash file.
func checkHash(ctx context.Context, p *show.Printer, path string, err error) error {
	if err != nil {
		return err
	}
	report, err := audit(ctx, path)
	if err != nil {
		return err
	}
	return checkupOf(report).print(p, "coatcheck repair mends it")
}

// audit checks a hash file until ctx ends: it may be large. It only reads.
func audit(ctx context.Context, path string) (*hashstore.Report, error) {
	return until(ctx, func() (*hashstore.Report, error) { return hashstore.Check(path) })
}

// check reads all records of a store.
func (j *job) check(ctx context.Context, log *show.Log) error {
	var found checkup
	progress := j.Progress("Checking", 0)
	defer progress.Done()
	for rec, err := range j.records(ctx) {
		if err != nil {
			return err
		}
		progress.Add(1)
		_, err := rec.Info()
		if errors.Is(err, coatcheck.ErrCorrupt) {
			found.Faults = append(found.Faults, fmt.Sprintf("session %s: %v", rec.ID, err))
			found.Damaged++
			continue
		}
		found.Records++
	}
	progress.Done()
	found.Damaged += log.Count()
	if coatcheck.CapabilitiesOf(j.store).Stat {
		st, err := j.store.(coatcheck.Stater).Stat(ctx)
		if err != nil {
			return err
		}
		found.Unlisted = max(0, st.Records-int64(found.Records+found.Damaged))
	}
	return found.print(j.Printer, "coatcheck rm takes a damaged session away")
}

// print prints the result. Damage is an error, besides.
func (c *checkup) print(p *show.Printer, remedy string) error {
	if c.Faults == nil {
		c.Faults = []string{} // which JSON shows as a list
	}
	if p.JSON {
		if err := errors.Join(p.Line(c), p.Flush()); err != nil {
			return err
		}
	} else if err := errors.Join(c.describe(p), p.Flush()); err != nil {
		return err
	}
	if c.Damaged == 0 && len(c.Faults) == 0 {
		return nil
	}
	return exit.With(exit.Corrupt, fmt.Errorf("something is damaged: %s", remedy))
}

// describe prints the result for people.
func (c *checkup) describe(p *show.Printer) error {
	for _, fault := range c.Faults {
		if err := p.Printf("%s\n", p.Red(show.Line(fault))); err != nil {
			return err
		}
	}
	text := show.Plural(int64(c.Records), "record") + " sound, " + show.Count(int64(c.Damaged)) + " damaged."
	if c.Unlisted > 0 {
		text += fmt.Sprintf(" %s more that this store does not list: expired ones, if all is well.", show.Count(c.Unlisted))
	}
	if c.Rebuild {
		text += " The index is made anew when the file is opened."
	}
	return p.Printf("%s\n", text)
}
