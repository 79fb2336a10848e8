package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/storeurl"
)

// newRing returns the commands for rings.
func newRing() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ring",
		GroupID: groupMove,
		Short:   "Look after a ring of stores",
		Long: `Show the members of a ring of stores, say which of them has a session, and what a
change of members would move, and move that. The store is a ring:FILE.`,
		Example: `  coatcheck ring show -s ring:/etc/shop/ring.json
  coatcheck ring plan new.json -s ring:/etc/shop/ring.json
  coatcheck ring rebalance -s ring:/etc/shop/ring.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return failed(cmd.Help()) },
	}
	cmd.AddCommand(newRingShow(), newRingNode(), newRingPlan(), newRingRebalance())
	return cmd
}

// onRing makes cmd a command that works on a ring.
func onRing(how opening, cmd *cobra.Command, work func(ctx context.Context, j *job, r *storeurl.Ring, args []string) error) *cobra.Command {
	return onStoreAs(how, cmd, new(place), func(ctx context.Context, j *job, args []string) error {
		r, ok := j.raw.(*storeurl.Ring)
		if !ok {
			return misusef("%s is no ring: name one by --store ring:FILE", shown(j.url))
		}
		return work(ctx, j, r, args)
	})
}

// A memberRow is what is said of a member.
type memberRow struct {
	Name    string  `json:"member"`
	Weight  float64 `json:"weight"`
	Share   float64 `json:"share"`
	State   string  `json:"state"`
	Records *int64  `json:"records,omitempty"`
	Bytes   *int64  `json:"bytes,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// givenUp is the state of a member whose share others have taken over.
const givenUp = "given up"

// newRingShow returns the command that shows the members.
func newRingShow() *cobra.Command {
	return onRing(anyway, &cobra.Command{
		Use:   "show",
		Short: "Show the members of a ring",
		Long: `Show the members of a ring: their weights, the share of all sessions that
belongs to each, what they hold, and whether they answer. What they hold includes
what has expired and what is on its way to another member.`,
		Example:           `  coatcheck ring show -s ring:/etc/shop/ring.json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}, func(ctx context.Context, j *job, r *storeurl.Ring, _ []string) error {
		rows := memberRows(ctx, j, r)
		if err := ctx.Err(); err != nil {
			return err
		}
		t := j.Table(show.Column{Head: "MEMBER"}, show.Column{Head: "WEIGHT", Right: true}, show.Column{Head: "SHARE", Right: true},
			show.Column{Head: "RECORDS", Right: true}, show.Column{Head: "SIZE", Right: true}, show.Column{Head: "STATE", Prose: true})
		var down []string
		for _, row := range rows {
			if row.Error != "" {
				down = append(down, row.Name)
			}
			if err := row.print(j, t); err != nil {
				return err
			}
		}
		if err := errors.Join(t.Flush(), j.Flush()); err != nil || len(down) == 0 {
			return err
		}
		return exit.With(exit.Unreachable, fmt.Errorf("there is no answer from %s", strings.Join(down, ", ")))
	})
}

// print prints a row.
func (row *memberRow) print(j *job, t *show.Table) error {
	if j.JSON {
		return j.Line(row)
	}
	known := func(n *int64, text func(int64) string) string {
		if n == nil {
			return "-"
		}
		return text(*n)
	}
	state := row.State
	if row.Error != "" {
		state += ": " + show.Line(row.Error)
	}
	return t.Row(show.Text(row.Name), weightText(row.Weight), part(row.Share),
		known(row.Records, show.Count), known(row.Bytes, show.Size), state)
}

// weightText is a weight; members without a share have none.
func weightText(weight float64) string {
	if weight == 0 {
		return "-"
	}
	return strconv.FormatFloat(weight, 'g', 6, 64)
}

// part is a share for people.
func part(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// memberRows asks every member what it holds.
func memberRows(ctx context.Context, j *job, r *storeurl.Ring) (rows []memberRow) {
	members := map[string]ring.Member{}
	for _, m := range r.Members() {
		members[m.Name] = m
	}
	_, _ = j.store.Load(ctx, coatcheck.ID{}) // so that the ring reads who was given up; what is wrong, each member says
	for _, s := range r.Stats().Members {
		m, present := members[s.Name]
		row := memberRow{Name: s.Name, Share: s.Share, State: "up"}
		switch {
		case !present:
			row.State = "former"
		case m.Standby:
			row.State = "standby"
		case s.Fenced:
			row.State = givenUp
		case s.Homing:
			row.State = "came back"
		}
		if present && !m.Standby {
			if row.Weight = m.Weight; row.Weight == 0 {
				row.Weight = 1
			}
		}
		if present {
			row.ask(ctx, bounded.New(m.Store, j.timeout))
		}
		rows = append(rows, row)
	}
	return rows
}

// ask asks the member's store.
func (row *memberRow) ask(ctx context.Context, store coatcheck.Store) {
	var err error
	if coatcheck.CapabilitiesOf(store).Stat {
		var st coatcheck.StoreStats
		if st, err = store.(coatcheck.Stater).Stat(ctx); err == nil {
			row.know(st)
		}
	} else if _, err = store.Load(ctx, coatcheck.ID{}); errors.Is(err, coatcheck.ErrNotFound) {
		err = nil
	}
	if errors.Is(err, storeurl.ErrAbsent) {
		err = fmt.Errorf("%w: coatcheck create makes one", err)
	}
	if err != nil {
		row.Error = oneLine(err)
		if row.State != givenUp { // which says more
			row.State = "down"
		}
	}
}

// know takes over the figures that there are.
func (row *memberRow) know(st coatcheck.StoreStats) {
	if st.Records >= 0 {
		row.Records = &st.Records
	}
	if st.Bytes >= 0 {
		row.Bytes = &st.Bytes
	}
}

// newRingNode returns the command that says whose a session is.
func newRingNode() *cobra.Command {
	return onRing(asItIs, &cobra.Command{
		Use:   "node ID",
		Short: "Say which member has a session",
		Long: `Say to which member a session belongs, and which ones come next if that is given
up. A whole ID need not be that of a session; of its first digits there must be
one.`,
		Example: `  coatcheck ring node 3f9a1c -s ring:/etc/shop/ring.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("say one ID, and no more")
			}
			return oneOrMoreIDs(cmd, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}, func(ctx context.Context, j *job, r *storeurl.Ring, args []string) error {
		id, prefix, err := listing.ParseName(args[0])
		if prefix != "" {
			id, err = listing.Find(ctx, j.store, args[0], j.now)
		}
		if err != nil {
			return err
		}
		names := r.Locate(id)
		text := show.Text(names[0])
		if len(names) > 1 {
			text += " (then " + show.Text(strings.Join(names[1:], ", ")) + ")"
		}
		return j.Result(struct {
			ID      coatcheck.ID `json:"id"`
			Member  string       `json:"member"`
			Members []string     `json:"members"`
		}{id, names[0], names}, text)
	})
}
