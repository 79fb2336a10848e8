package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// topFlags are the flags of the command that watches a store.
type topFlags struct {
	place    place
	interval time.Duration
	count    int
	list     bool
}

// newTop returns the command that watches a store.
func newTop() *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:     "top",
		Aliases: []string{"watch"},
		GroupID: groupLook,
		Short:   "Watch a store at work",
		Long: `Show how many records a store has, again and again: on a terminal in one place,
until q or Ctrl-C, elsewhere a line each time. Records are its sessions and, for a
while, what is left of those that ended. A store that reports its changes also
tells how many sessions were saved and ended; of others, --changes finds that out
by reading all sessions each time.`,
		Example: `  coatcheck top -s redis://localhost
  coatcheck top -s hash:/var/lib/shop/sessions --changes --interval 10s
  coatcheck top -s sqlite:app.db --count 60 --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().DurationVarP(&f.interval, "interval", "i", 2*time.Second, "look every `DUR`")
	cmd.Flags().IntVarP(&f.count, "count", "n", 0, "end after `N` looks (default never)")
	cmd.Flags().BoolVar(&f.list, "changes", false, "read all sessions each time, to count changes")
	complete(cmd, "interval", "1s", "2s", "10s", "1m")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case f.interval < 10*time.Millisecond:
			return fmt.Errorf("--interval %v: must be at least 10ms", f.interval)
		case f.count < 0:
			return fmt.Errorf("--count %d: must not be below 0", f.count)
		}
		return nil
	}
	return onStore(cmd, &f.place, f.top)
}

// top shows samples until somebody has seen enough, which is no error.
func (f *topFlags) top(ctx context.Context, j *job, _ []string) (err error) {
	view := newTopView(j, f)
	if view.screen != nil {
		var restore func()
		if ctx, restore, err = j.UntilQuit(ctx); err != nil {
			return err
		}
		defer restore()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &sampler{job: j, list: f.list}
	s.watch(ctx)
	tick := time.NewTicker(f.interval)
	defer tick.Stop()
	for n := 1; ; n++ {
		now, err := s.take(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = errors.Join(view.show(now), j.Flush())
		}
		if err != nil || n == f.count {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// A topView shows samples.
type topView struct {
	job      *job
	interval time.Duration
	screen   *show.Screen
	table    *show.Table
	before   *sample
	history  []int64 // of records
}

// newTopView returns one for where standard output goes.
func newTopView(j *job, f *topFlags) *topView {
	right := func(head string) show.Column { return show.Column{Head: head, Right: true} }
	return &topView{
		job: j, interval: f.interval, screen: j.Screen(),
		table: j.Table(show.Column{Head: "TIME"}, right("RECORDS"), right("CHANGE"), right("ANONYMOUS"), right("SIZE"),
			right("NEW"), right("SAVED"), right("ENDED")),
	}
}

// show shows a sample.
func (v *topView) show(now *sample) error {
	defer func() { v.before = now }()
	switch {
	case v.job.JSON:
		return v.job.Line(now)
	case v.screen != nil:
		return v.screen.Draw(v.heading(now), v.lines(now))
	}
	cells := []string{now.At.Format(time.TimeOnly)}
	for _, cell := range v.figures(now) {
		cells = append(cells, fmt.Sprintf("%7s", cell)) // later ones may be longer than the first
	}
	return errors.Join(v.table.Row(cells...), v.table.Flush())
}

// figures are the figures of a sample as text, "-" for those that are not known.
func (v *topView) figures(now *sample) []string {
	text := func(n *int64, as func(int64) string) string {
		if n == nil {
			return "-"
		}
		return as(*n)
	}
	change := "-"
	if v.before != nil && v.before.Records != nil && now.Records != nil {
		change = fmt.Sprintf("%+d", *now.Records-*v.before.Records)
	}
	all := []string{text(now.Records, show.Count), change, text(now.Anonymous, show.Count), text(now.Bytes, show.Size)}
	m := now.Moves
	if m == nil {
		return append(all, "-", "-", "-")
	}
	more := ""
	if m.Lost {
		more = "+"
	}
	return append(all, text(m.Created, show.Count), show.Count(m.Saved)+more, show.Count(m.Ended)+more)
}

// historyLength is how many looks back the screen shows at most.
const historyLength = 200

// heading is the screen's first line. The store comes last, since its name may
// be too long for it.
func (v *topView) heading(now *sample) string {
	return fmt.Sprintf("%s  every %v  q ends  %s", now.At.Local().Format(time.TimeOnly), v.interval, show.Text(shown(v.job.url)))
}

// lines are what stands below.
func (v *topView) lines(now *sample) []string {
	f := v.figures(now)
	lines := []string{
		fmt.Sprintf("Records    %12s  %s", f[0], f[1]),
		fmt.Sprintf("Anonymous  %12s", f[2]),
		fmt.Sprintf("Size       %12s", f[3]),
	}
	if now.Moves != nil {
		lines = append(lines, fmt.Sprintf("New        %12s", f[4]), fmt.Sprintf("Saved      %12s", f[5]), fmt.Sprintf("Ended      %12s", f[6]))
	}
	if now.Records == nil {
		return lines
	}
	v.history = append(v.history, *now.Records)
	v.history = v.history[max(0, len(v.history)-historyLength):]
	return append(lines, show.Spark(v.history, v.job.Columns()-1))
}
