// Testall runs the tests of every module in the workspace and ends with one
// line that says how it went:
//
//	go run ./scripts/testall [-race] [-run REGEXP] [-timeout D] [-for D] [package…]
//
// It prints what go test prints, but of the tests that passed only their
// packages. A skipped test counts as a failure where the environment has
// CI=true, unless package storetest skipped it because the store cannot do the
// thing, and so does a run in which no test ran: neither proves anything.
//
// With -race, the tests that a build with the race detector leaves out run
// after the others, without it: those that measure what it would distort.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// options are the command line.
type options struct {
	race     bool
	run      string
	timeout  time.Duration
	repeat   time.Duration
	strict   bool // skips are failures
	packages []string
}

func main() {
	var o options
	flag.BoolVar(&o.race, "race", false, "run with the race detector")
	flag.StringVar(&o.run, "run", "", "run only the tests that match `REGEXP`")
	flag.DurationVar(&o.timeout, "timeout", 15*time.Minute, "fail a package that takes longer")
	flag.DurationVar(&o.repeat, "for", 0, "run again, shuffled, until so much time has passed")
	flag.Parse()
	o.strict = os.Getenv("CI") == "true"
	if o.packages = flag.Args(); len(o.packages) == 0 {
		o.packages = []string{"work"}
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := all(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testall:", err)
		os.Exit(1)
	}
}

// all runs the tests once, or again and again until the time is up, and
// reports on them all together.
func all(ctx context.Context, o options, out io.Writer) error {
	start := time.Now()
	t := newTally(out)
	for n := 1; ; n++ {
		if o.repeat > 0 {
			fmt.Fprintf(out, "round %d, after %v\n", n, time.Since(start).Round(time.Second))
		}
		err := round(ctx, o, t)
		if over := time.Since(start) >= o.repeat; over || err != nil || t.failed() {
			return t.close(err, o.strict, time.Since(start))
		}
	}
}

// round runs every test once.
func round(ctx context.Context, o options, t *tally) error {
	if err := once(ctx, o, t); err != nil || !o.race {
		return err
	}
	rest, err := unraced(ctx, o)
	if err != nil || len(rest.packages) == 0 {
		return err
	}
	return once(ctx, rest, t)
}

// once runs go test. Failing tests are the tally's business: the error is
// about a go test that failed without naming one.
func once(ctx context.Context, o options, t *tally) error {
	cmd := exec.CommandContext(ctx, "go", arguments(o)...)
	// Or each process with the race detector would sleep for a second before it
	// ends, and tests start hundreds.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	bad := t.read(events)
	if err := cmd.Wait(); err != nil && !t.failed() {
		return fmt.Errorf("go test: %w", err)
	}
	return bad
}

// unwatched spares the translated C of SQLite the race detector, which does not
// look at its memory, as that is not Go's, and would make it three times slower.
const unwatched = "-gcflags=modernc.org/sqlite/lib=-race=false"

// arguments translates the options for the go command.
func arguments(o options) []string {
	args := []string{"test", "-json", "-timeout", o.timeout.String()}
	if o.race {
		args = append(args, "-race", unwatched)
	}
	if o.run != "" {
		args = append(args, "-run", o.run)
	}
	if o.repeat > 0 {
		args = append(args, "-count=1", "-shuffle=on")
	}
	return append(args, o.packages...)
}
