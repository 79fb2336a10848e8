package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/tally"
)

// statFlags are the flags of the command that counts.
type statFlags struct {
	place  place
	quick  bool
	owners int
}

// newStat returns the command that counts and measures.
func newStat() *cobra.Command {
	var f statFlags
	cmd := &cobra.Command{
		Use:     "stat",
		GroupID: groupLook,
		Short:   "Count and measure a store",
		Long: `Count the sessions of a store, draw how old and how large they are, and name the
owners who fill it most. That reads every session; --quick prints only what the
store knows by itself. Of a hash file it also says what its bytes are for: live
records, dead ones, which ended and changed sessions have left, room for new ones,
and the index. The dead ones coatcheck compact gives back, where that is worth it.`,
		Example: `  coatcheck stat -s hash:/var/lib/shop/sessions
  coatcheck stat -s redis://localhost --quick --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVarP(&f.quick, "quick", "q", false, "print only what the store knows without reading all sessions")
	cmd.Flags().IntVar(&f.owners, "owners", 5, "name the `N` owners who fill the store most")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if f.owners < 0 {
			return fmt.Errorf("--owners %d: must not be below 0", f.owners)
		}
		return nil
	}
	f.place.expired = true
	return onStore(cmd, &f.place, f.stat)
}

// A figures is what the command has found, as --json prints it. What is not
// known is left out.
type figures struct {
	Store      string         `json:"store"`
	Records    *int64         `json:"records,omitempty"`
	Bytes      *int64         `json:"bytes,omitempty"`
	MaxRecords int64          `json:"max_records,omitempty"`
	MaxBytes   int64          `json:"max_bytes,omitempty"`
	File       *fileFigures   `json:"file,omitempty"`
	Sessions   *int64         `json:"sessions,omitempty"`
	Anonymous  *int64         `json:"anonymous,omitempty"`
	Expired    int64          `json:"expired,omitempty"`
	Damaged    int64          `json:"damaged,omitempty"`
	Data       int64          `json:"data_bytes,omitempty"`
	Largest    int64          `json:"largest_bytes,omitempty"`
	Ages       []tally.Bucket `json:"ages_seconds,omitempty"`
	Sizes      []tally.Bucket `json:"sizes_bytes,omitempty"`
	Owners     int            `json:"owners,omitempty"`
	Top        []tally.Owner  `json:"top_owners,omitempty"`
}

// stat prints the figures.
func (f *statFlags) stat(ctx context.Context, j *job, _ []string) error {
	found := &figures{Store: shown(j.url)}
	known := j.known(ctx, found)
	if known != nil && (f.quick || !errors.Is(known, coatcheck.ErrUnsupported)) {
		return known
	}
	if f.quick {
		return j.print(found, nil)
	}
	t, err := j.count(ctx, found.Records)
	switch {
	case errors.Is(err, coatcheck.ErrUnsupported):
		if known != nil {
			return err
		}
		j.Notef("This store cannot list its sessions, so there is no more to say.")
		return j.print(found, nil)
	case err != nil:
		return err
	}
	found.Sessions, found.Anonymous = &t.Sessions, &t.Anonymous
	found.Expired, found.Damaged, found.Data, found.Largest = t.Expired, t.Damaged, t.Bytes, t.Largest
	found.Ages, found.Sizes = t.Ages, t.Sizes
	found.Top, found.Owners = t.Owners(f.owners)
	return j.print(found, t)
}

// known asks the store for what it knows by itself.
func (j *job) known(ctx context.Context, found *figures) error {
	if !coatcheck.CapabilitiesOf(j.store).Stat {
		return listing.Unable("count its sessions")
	}
	st, err := j.store.(coatcheck.Stater).Stat(ctx)
	if err != nil {
		return err
	}
	if st.Records >= 0 {
		found.Records = &st.Records
	}
	if st.Bytes >= 0 {
		found.Bytes = &st.Bytes
	}
	found.MaxRecords, found.MaxBytes = st.MaxRecords, st.MaxBytes
	found.File, err = j.file(ctx)
	return err
}

// count reads all sessions.
func (j *job) count(ctx context.Context, total *int64) (*tally.Tally, error) {
	var steps int64
	if total != nil {
		steps = *total
	}
	progress := j.Progress("Reading", steps)
	defer progress.Done()
	t := tally.New(j.now)
	walk := &listing.Walk{Store: j.store, Filter: listing.Filter{All: true}, Now: j.now}
	for page, err := range walk.Pages(ctx) {
		if err != nil {
			return nil, err
		}
		t.Add(&page)
		progress.Add(int64(page.Seen))
	}
	return t, nil
}

// print prints what was found.
func (j *job) print(found *figures, t *tally.Tally) error {
	if j.JSON {
		return j.Line(found)
	}
	if err := j.Printf("%s\n", j.Bold(show.Text(found.Store))); err != nil {
		return err
	}
	rows := j.Table(show.Column{}, show.Column{Right: true}, show.Column{Least: 10})
	add := func(name, value, remark string) { _ = rows.Row(name, value, remark) } // it has not flushed yet
	if found.Records != nil {
		add("Records", show.Count(*found.Records), strings.TrimPrefix(limitText(found.MaxRecords, show.Count)+"; expired and short-lived ones included", "; "))
	}
	if found.Bytes != nil && (found.File == nil || found.MaxBytes > 0) {
		add("Bytes", show.Size(*found.Bytes), limitText(found.MaxBytes, show.Size))
	}
	if found.File != nil {
		for _, row := range found.File.rows() {
			add(row[0], row[1], row[2])
		}
	}
	if t != nil {
		add("Sessions", show.Count(t.Sessions), "live")
		add("Logged in", show.Count(t.Sessions-t.Anonymous), show.Plural(int64(found.Owners), "owner"))
		add("Anonymous", show.Count(t.Anonymous), "")
		if t.Expired > 0 {
			add("Expired", show.Count(t.Expired), "wait to be swept")
		}
		if t.Damaged > 0 {
			add("Damaged", show.Count(t.Damaged), j.Red("coatcheck check tells more"))
		}
		add("Values", show.Size(t.Bytes), "the largest session has "+show.Size(t.Largest))
	}
	if err := rows.Flush(); err != nil || t == nil || t.Sessions == 0 {
		return err
	}
	return errors.Join(
		j.chart("AGE", t.Ages, func(n int64) string { return show.Span(time.Duration(n) * time.Second) }),
		j.chart("SIZE", t.Sizes, show.Size),
		j.topOwners(found.Top),
	)
}

// limitText speaks of a limit, if there is one.
func limitText(limit int64, text func(int64) string) string {
	if limit <= 0 {
		return ""
	}
	return "of at most " + text(limit)
}

// chart draws buckets, without the empty ones at the end.
func (j *job) chart(head string, buckets []tally.Bucket, text func(int64) string) error {
	for len(buckets) > 1 && buckets[len(buckets)-1].Count == 0 {
		buckets = buckets[:len(buckets)-1]
	}
	var bars []show.Bar
	for i, b := range buckets {
		label := "below " + text(b.Limit)
		if b.Limit == 0 {
			label = text(buckets[i-1].Limit) + " or more"
		}
		bars = append(bars, show.Bar{Label: label, Count: b.Count})
	}
	return errors.Join(j.Printf("\n%s\n", j.Bold(head)), j.Chart(bars))
}

// topOwners prints who fills the store.
func (j *job) topOwners(top []tally.Owner) error {
	if len(top) == 0 {
		return nil
	}
	t := j.Table(show.Column{Head: "OWNER", Least: 8}, show.Column{Head: "SESSIONS", Right: true}, show.Column{Head: "VALUES", Right: true})
	for _, o := range top {
		_ = t.Row(show.Owner(o.Name), show.Count(o.Sessions), show.Size(o.Bytes)) // it has not flushed yet
	}
	return errors.Join(j.Printf("\n"), t.Flush())
}
