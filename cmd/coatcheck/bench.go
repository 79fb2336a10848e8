package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bench"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// benchFlags are the flags of the command that measures.
type benchFlags struct {
	place   place
	against string
	options bench.Options
	size    int
	dryRun  bool
}

// newBench returns the command that measures.
func newBench() *cobra.Command {
	f := benchFlags{options: bench.Options{Rounds: 10}}
	cmd := &cobra.Command{
		Use:     "bench",
		GroupID: groupLook,
		Short:   "Measure how fast a store is",
		Long: `Measure how long a store takes to create, load, replace, touch and delete a
session: the times within which 50, 90 and 99 of 100 calls were done, and the
longest. It makes sessions of its own, leaves all others alone, and removes its
own, also when it is interrupted. A store that is in use gets the load on top of
what it has.

--against measures a second store, in turn with the first, so that what else the
machines do meets both alike; RATIO compares the times that half of
the calls stayed below.`,
		Example: `  coatcheck bench -s redis://localhost --clients 16
  coatcheck bench -s hash:/tmp/try.ht --against sqlite:/tmp/try.db --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&f.against, "against", "", "measure the store `URL`, too, and compare")
	cmd.Flags().IntVarP(&f.options.Calls, "calls", "n", 2000, "call each operation `N` times")
	cmd.Flags().IntVarP(&f.options.Clients, "clients", "c", 4, "make `N` calls at a time")
	cmd.Flags().IntVar(&f.size, "size", 256, "give a session about `BYTES` of values")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "call nothing, and say what would be done")
	complete(cmd, "clients", "1", "4", "16", "64")
	err := cmd.RegisterFlagCompletionFunc("against", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return offerStores(begun)
	})
	if err != nil {
		panic(err) // the flag does not exist, or was completed already
	}
	cmd.PreRunE = func(*cobra.Command, []string) error { return f.check() }
	return onStore(cmd, &f.place, f.bench)
}

// check finds what is wrong with the flags.
func (f *benchFlags) check() error {
	switch o := &f.options; {
	case o.Calls < 1 || o.Calls > 10_000_000:
		return fmt.Errorf("--calls %d: must be from 1 to 10,000,000", o.Calls)
	case o.Clients < 1 || o.Clients > 10_000:
		return fmt.Errorf("--clients %d: must be from 1 to 10,000", o.Clients)
	case f.size < 0 || f.size > 16<<20:
		return fmt.Errorf("--size %d: must be from 0 to %d", f.size, 16<<20)
	}
	f.options.Rounds = min(f.options.Rounds, f.options.Calls)
	return refuseSecret("--against", f.against)
}

// A contender is a store that is measured.
type contender struct {
	url   string
	store coatcheck.Store
}

// bench measures.
func (f *benchFlags) bench(ctx context.Context, j *job, _ []string) (err error) {
	all := []contender{{j.url, j.store}}
	if f.against != "" {
		store, err := openWithin(f.against, asItIs, j.timeout)
		if err != nil {
			return renamed{err, "--store", "--against"}
		}
		defer func() { err = errors.Join(err, closeStore(store)) }()
		all = append(all, contender{f.against, bounded.New(store, j.timeout)})
	}
	f.announce(j, all)
	if f.dryRun {
		return nil
	}
	m, err := j.manager(coatcheck.Options{MaxBytes: max(64<<10, 2*f.size)})
	if err != nil {
		return err
	}
	defer m.Close()
	stores := make([]coatcheck.Store, len(all))
	for i, c := range all {
		stores[i] = c.store
	}
	o := f.options
	o.Record = recordMaker(m, f.size)
	bar := j.Progress("Measuring", int64(5*o.Calls*len(all)))
	defer bar.Done()
	o.Report = func(calls int) { bar.Add(int64(calls)) }
	results, err := bench.Run(ctx, stores, &o)
	bar.Done()
	if err != nil {
		return err
	}
	return printBench(j, all, results)
}

// announce says what will be done.
func (f *benchFlags) announce(j *job, all []contender) {
	verb := "are"
	if f.dryRun {
		verb = "would be"
	}
	var names []string
	for _, c := range all {
		names = append(names, show.Text(shown(c.url)))
	}
	j.Notef("%s of its own %s made, used by %d at a time and removed in %s.",
		show.Plural(int64(f.options.Calls), "session"), verb, f.options.Clients, strings.Join(names, " and in "))
}

// benchLife is how long a session lives that a measurement could not remove.
const benchLife = 10 * time.Minute

// recordMaker returns a function that makes records with values of a size.
func recordMaker(m *coatcheck.Manager, size int) func() (*coatcheck.Record, error) {
	data, err := json.Marshal(map[string]string{"bench": strings.Repeat("x", size)})
	return func() (*coatcheck.Record, error) {
		if err != nil {
			return nil, err
		}
		var random [32]byte
		rand.Read(random[:]) // it never fails
		token, err := coatcheck.ParseToken(base64.RawURLEncoding.EncodeToString(random[:]))
		if err != nil {
			return nil, err
		}
		return m.NewRecord(token, "", data, time.Now().Add(benchLife))
	}
}

// A benchRow is what --json says of one operation. Times are microseconds.
type benchRow struct {
	Store     string  `json:"store"`
	Operation string  `json:"operation"`
	Calls     int     `json:"calls"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_us"`
	P90       float64 `json:"p90_us"`
	P99       float64 `json:"p99_us"`
	Max       float64 `json:"max_us"`
	Ratio     float64 `json:"ratio,omitempty"`
}

// printBench prints the results: the stores below each other for each
// operation.
func printBench(j *job, all []contender, results [][]bench.Result) error {
	right := func(head string) show.Column { return show.Column{Head: head, Right: true} }
	columns := []show.Column{{Head: "OPERATION"}, right("CALLS/S"), right("50 %"), right("90 %"), right("99 %"), right("LONGEST")}
	if len(all) > 1 {
		columns = append(columns, right("RATIO"), show.Column{Head: "STORE", Least: 10})
	}
	t := j.Table(columns...)
	for k := range results[0] {
		for i, c := range all {
			if err := printBenchRow(j, t, c, &results[i][k], &results[0][k], len(all) > 1); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}

// printBenchRow prints one result, compared with another one.
func printBenchRow(j *job, t *show.Table, c contender, r, first *bench.Result, compare bool) error {
	p50, ratio := r.Calls.Percentile(50), 0.0
	if base := first.Calls.Percentile(50); compare && base > 0 {
		ratio = float64(p50) / float64(base)
	}
	if j.JSON {
		us := func(p float64) float64 { return float64(r.Calls.Percentile(p)) / float64(time.Microsecond) }
		return j.Line(benchRow{shown(c.url), r.Operation, r.Calls.Len(), r.PerSecond(), us(50), us(90), us(99), us(100), ratio})
	}
	cells := []string{r.Operation, show.Count(int64(r.PerSecond()))}
	for _, p := range []float64{50, 90, 99, 100} {
		cells = append(cells, brief(r.Calls.Percentile(p)))
	}
	if compare {
		cells = append(cells, fmt.Sprintf("%.2f", ratio), show.Text(shown(c.url)))
	}
	return t.Row(cells...)
}

// brief is a short time with three digits.
func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/float64(time.Microsecond))
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
}
