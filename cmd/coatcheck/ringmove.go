package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/storeurl"
)

// newRingPlan returns the command that shows what a change would do.
func newRingPlan() *cobra.Command {
	return onRing(anyway, &cobra.Command{
		Use:   "plan FILE",
		Short: "Show what other members would move",
		Long: `Show what share of all sessions each member has now and would have with the
members of another file, and how many would move. Nothing is changed, and the
stores of the other file are not opened.`,
		Example: `  coatcheck ring plan new.json -s ring:/etc/shop/ring.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("say which FILE has the other members, and no more")
			}
			return nil
		},
	}, func(_ context.Context, j *job, r *storeurl.Ring, args []string) error {
		members, err := readMembers(args[0], r)
		if err != nil {
			return err
		}
		plan, err := r.Plan(members)
		if err != nil {
			return err
		}
		return printPlan(j, plan)
	})
}

// readMembers reads the members of a ring's file. Those that a ring has keep
// their stores, the others get one that cannot be used.
func readMembers(file string, r *storeurl.Ring) (members []ring.Member, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if _, err := newMux().ParseJSON(text); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var said struct {
		Members []struct {
			Name    string
			Weight  *float64 // 1 unless it is given
			Standby bool
		}
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	stores := map[string]coatcheck.Store{}
	for _, m := range r.Members() {
		stores[m.Name] = m.Store
	}
	for _, m := range said.Members {
		store := stores[m.Name]
		if store == nil {
			store = &struct{ coatcheck.Store }{} // nobody calls it
		}
		weight := 1.0
		if m.Weight != nil {
			weight = *m.Weight
		}
		members = append(members, ring.Member{Name: m.Name, Weight: weight, Standby: m.Standby, Store: store})
	}
	return members, nil
}

// A planRow is what is planned for a member.
type planRow struct {
	Name   string  `json:"member"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// printPlan prints a plan.
func printPlan(j *job, plan ring.Plan) error {
	names := maps.Clone(plan.Before)
	maps.Copy(names, plan.After)
	rows := []planRow{}
	t := j.Table(show.Column{Head: "MEMBER"}, show.Column{Head: "BEFORE", Right: true}, show.Column{Head: "AFTER", Right: true})
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rows = append(rows, planRow{name, plan.Before[name], plan.After[name]})
		_ = t.Row(show.Text(name), part(plan.Before[name]), part(plan.After[name])) // it has not flushed yet
	}
	if j.JSON {
		return j.Line(struct {
			Moves   float64   `json:"moves"`
			Members []planRow `json:"members"`
		}{plan.Moves, rows})
	}
	return errors.Join(t.Flush(), j.Printf("%s of all sessions would move.\n", part(plan.Moves)))
}

// newRingRebalance returns the command that moves sessions.
func newRingRebalance() *cobra.Command {
	var o ring.RebalanceOptions
	cmd := &cobra.Command{
		Use:   "rebalance",
		Short: "Move sessions to where they belong",
		Long: `Move all sessions to the members that they belong to by now, beside all other
work: after a change of members, of which "former" in the ring's file tells, or
when a member came back. Sessions also move by themselves when they are used.

It may be interrupted, and then says how to go on.`,
		Example:           `  coatcheck ring rebalance -s ring:/etc/shop/ring.json --rate 5000`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().IntVar(&o.PerSecond, "rate", 1000, "look at `N` records a second at most")
	cmd.Flags().StringVar(&o.Cursor, "after", "", "go on where an interrupted one has named `CURSOR`")
	complete(cmd, "rate", "500", "1000", "5000")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if o.PerSecond <= 0 {
			return fmt.Errorf("--rate %d: must be above 0", o.PerSecond)
		}
		return nil
	}
	return onRing(asItIs, cmd, func(ctx context.Context, j *job, r *storeurl.Ring, _ []string) error {
		return rebalance(ctx, j, r, o)
	})
}

// rebalance moves sessions.
func rebalance(ctx context.Context, j *job, r *storeurl.Ring, o ring.RebalanceOptions) error {
	var total int64
	if st, err := r.Stat(ctx); err == nil && o.Cursor == "" {
		total = max(0, st.Records)
	}
	bar := j.Progress("Moving", total)
	defer bar.Done()
	o.Cursor = cursorOf(o.Cursor)
	o.Report = func(p ring.Progress) { bar.Set(p.Examined, 0, show.Count(p.Moved)+" moved") }
	p, err := r.Rebalance(ctx, &o)
	bar.Done()
	if err != nil {
		return unfinished(p, err)
	}
	text := fmt.Sprintf("%s looked at, %s moved.", show.Plural(p.Examined, "record"), show.Count(p.Moved))
	if r.Stats().Changes > 0 {
		text += ` Next: when every program has the ring's new file, take "former" out of it.`
	}
	return j.Result(map[string]int64{"examined": p.Examined, "moved": p.Moved}, text)
}

// unfinished is an error in the middle of a rebalance.
func unfinished(p ring.Progress, err error) error {
	if errors.Is(err, coatcheck.ErrFull) {
		err = exit.With(exit.Partial, err)
	}
	if p.Cursor == "" {
		return err
	}
	return fmt.Errorf("after %s, of which %s moved; go on by --after %s: %w",
		show.Plural(p.Examined, "record"), show.Count(p.Moved), cursorText(p.Cursor), err)
}
