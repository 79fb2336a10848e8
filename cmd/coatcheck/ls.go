package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// lsFlags are the flags of the command that lists sessions.
type lsFlags struct {
	place   place
	filter  listing.Filter
	sort    string
	reverse bool
	limit   int
	after   string
	long    bool
}

// newLs returns the command that lists sessions.
func newLs() *cobra.Command {
	var f lsFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		GroupID: groupLook,
		Short:   "List sessions",
		Long: `List the live sessions of a store: what stands after each ID is its owner ("-"
if nobody has logged in), how long ago it began, how long it has not been used,
in what time it ends unless it is used, its size and its device. Values are not
shown; see coatcheck get. With --expired, LEFT is below zero, for the time since a
session has ended.

Without --sort, sessions are printed as they are read, in the store's own order,
however many there are. With --limit there is a way to go on: the last line on
standard error, with --json the last object on standard output, says which
--after shows the next page.`,
		Example: `  coatcheck ls -s hash:/var/lib/shop/sessions --owner ada
  coatcheck ls -s redis://localhost --idle 24h --sort size --limit 10
  coatcheck ls -s file:/var/lib/shop/sessions --json | jq -r .owner | sort | uniq -c`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.filter.Owner, "owner", "", "only the sessions of `OWNER`")
	flags.BoolVar(&f.filter.Anonymous, "anonymous", false, "only sessions that nobody has logged in to")
	flags.StringVar(&f.filter.Prefix, "prefix", "", "only IDs that begin with these hexadecimal `DIGITS`")
	flags.DurationVar(&f.filter.Older, "older", 0, "only sessions that began at least `DUR` ago")
	flags.DurationVar(&f.filter.Younger, "younger", 0, "only sessions that began at most `DUR` ago")
	flags.DurationVar(&f.filter.Idle, "idle", 0, "only sessions that were not used for at least `DUR`")
	flags.BoolVar(&f.filter.Expired, "expired", false, "only sessions that have expired and wait to be swept")
	flags.StringVar(&f.sort, "sort", "", "sort by `ORDER`: "+strings.Join(listing.OrderNames(), ", "))
	flags.BoolVarP(&f.reverse, "reverse", "r", false, "sort the other way round")
	flags.IntVarP(&f.limit, "limit", "n", 0, "show `N` sessions at most (default all)")
	flags.StringVar(&f.after, "after", "", "go on behind the page that named `CURSOR`")
	flags.BoolVarP(&f.long, "long", "l", false, "print IDs in full length, as far as the terminal is wide enough")
	complete(cmd, "sort", listing.OrderNames()...)
	cmd.MarkFlagsMutuallyExclusive("owner", "anonymous")
	cmd.MarkFlagsMutuallyExclusive("sort", "after")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return f.check(cmd) }
	return onStore(cmd, &f.place, f.list)
}

// hexDigits are what an ID may begin with.
var hexDigits = regexp.MustCompile(`^[0-9a-f]{0,64}$`)

// check finds what is wrong with the flags.
func (f *lsFlags) check(cmd *cobra.Command) error {
	f.filter.Prefix = strings.ToLower(f.filter.Prefix)
	f.place.expired = f.filter.Expired
	_, known := listing.OrderOf(f.sort)
	switch {
	case f.filter.Owner == "" && cmd.Flags().Changed("owner"):
		return errors.New("--owner: an owner has a name; --anonymous lists the sessions of nobody")
	case !hexDigits.MatchString(f.filter.Prefix):
		return errors.New("--prefix: an ID has only hexadecimal digits, 64 of them")
	case f.filter.Older < 0 || f.filter.Younger < 0 || f.filter.Idle < 0:
		return errors.New("--older, --younger and --idle take a time above 0, such as 90m or 24h")
	case f.limit < 0:
		return fmt.Errorf("--limit %d: must be above 0", f.limit)
	case f.sort != "" && !known:
		return fmt.Errorf("--sort %q: what works is %s", f.sort, strings.Join(listing.OrderNames(), ", "))
	case f.reverse && f.sort == "":
		return errors.New("--reverse goes with --sort")
	}
	return nil
}

// list prints the sessions.
func (f *lsFlags) list(ctx context.Context, j *job, _ []string) error {
	order, sorted := listing.OrderOf(f.sort)
	walk := &listing.Walk{Store: j.store, Filter: f.filter, After: cursorOf(f.after), Now: j.now}
	if sorted {
		return f.listSorted(ctx, j, walk, listing.NewSorted(order, f.reverse, f.limit))
	}
	walk.Limit = f.limit
	out := newSessionTable(j, f.long)
	damaged, next, shown := 0, "", 0
	for page, err := range walk.Pages(ctx) {
		if err != nil {
			return errors.Join(out.end(), wrongCursor(err))
		}
		if err := errors.Join(out.add(page.Entries), j.Flush()); err != nil {
			return err
		}
		damaged += len(page.Damaged)
		shown += len(page.Entries)
		next = page.Next
	}
	return errors.Join(out.end(), f.more(j, next), noteNone(j, shown), noteDamage(j, damaged))
}

// noteNone tells a terminal that there are none: nothing at all would look as if
// something was wrong.
func noteNone(j *job, shown int) error {
	if shown == 0 && j.Columns() > 0 && !j.JSON {
		j.Notef("No sessions.")
	}
	return nil
}

// wrongCursor makes a cursor that the store refuses an error of the command
// line.
func wrongCursor(err error) error {
	if errors.Is(err, coatcheck.ErrInvalid) {
		return misusef("--after: that is no cursor that ls --limit has named for this store")
	}
	return err
}

// more says how to go on.
func (f *lsFlags) more(j *job, next string) error {
	switch {
	case next == "" || f.limit == 0:
		return nil
	case j.JSON:
		return j.Line(map[string]string{"next": next})
	}
	j.Notef("There may be more: --after %s", cursorText(next))
	return nil
}

// listSorted reads all sessions and prints the first ones of an order.
func (f *lsFlags) listSorted(ctx context.Context, j *job, walk *listing.Walk, all *listing.Sorted) error {
	progress := j.Progress("Reading", 0)
	defer progress.Done()
	damaged := 0
	for page, err := range walk.Pages(ctx) {
		if err != nil {
			return err
		}
		all.Add(page.Entries...)
		damaged += len(page.Damaged)
		progress.Add(int64(page.Seen))
	}
	progress.Done()
	entries, more := all.Entries()
	out := newSessionTable(j, f.long)
	for chunk := range slices.Chunk(entries, 1000) {
		if err := out.add(chunk); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	if more && !j.JSON {
		j.Notef("There are more, which --limit leaves out.")
	}
	return errors.Join(noteNone(j, len(entries)), noteDamage(j, damaged))
}

// noteDamage speaks of sessions that could not be read.
func noteDamage(j *job, damaged int) error {
	if damaged > 0 {
		j.Notef("%s cannot be read and %s left out: coatcheck check tells more.",
			show.Plural(int64(damaged), "damaged session"), map[bool]string{true: "is", false: "are"}[damaged == 1])
	}
	return nil
}

// A sessionTable prints sessions, as a table or as JSON.
type sessionTable struct {
	j     *job
	long  bool
	table *show.Table
}

// longID is how much of a long ID a narrow terminal shows at least: its first
// digits, which commands take.
const longID = 24

func newSessionTable(j *job, long bool) *sessionTable {
	ids := show.Column{Head: "ID"}
	if long {
		ids.Least, ids.Whole = longID, true
	}
	return &sessionTable{j, long, j.Table(
		ids, show.Column{Head: "OWNER", Least: 8},
		show.Column{Head: "AGE", Right: true}, show.Column{Head: "IDLE", Right: true}, show.Column{Head: "LEFT", Right: true},
		show.Column{Head: "SIZE", Right: true}, show.Column{Head: "DEVICE", Least: 6},
	)}
}

// add prints sessions.
func (t *sessionTable) add(entries []listing.Entry) error {
	for i := range entries {
		e := &entries[i]
		if t.j.JSON {
			if err := t.j.Line(sessionOf(&e.Info)); err != nil {
				return err
			}
			continue
		}
		since := func(at time.Time) string { return show.Span(t.j.now.Sub(at)) }
		err := t.table.Row(id(e.ID, t.long), show.Owner(e.Owner), since(e.Created), since(e.LastSeen),
			left(e, t.j.now), show.Size(int64(e.Bytes)), show.Text(e.Device))
		if err != nil {
			return err
		}
	}
	return nil
}

// left is in what time a session ends.
func left(e *listing.Entry, now time.Time) string {
	if e.Expires.Year() >= 9999 {
		return "-"
	}
	return show.Span(e.Expires.Sub(now))
}

// end prints what the table has held back.
func (t *sessionTable) end() error { return t.table.Flush() }
