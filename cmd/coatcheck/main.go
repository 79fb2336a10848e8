// Coatcheck looks after the stores of the session library of the same name:
// it lists sessions, ends them, measures and mends stores. It also runs the
// library's demo site. "coatcheck --help" names the commands.
//
// Results go to standard output, messages to standard error. Its exit codes are
//
//	0  all is well
//	1  an error that is none of those below
//	2  the command line makes no sense
//	3  there is no such session, or no such store
//	4  it exists already, or somebody else is at it
//	5  the store does not answer
//	6  what is stored is damaged
//	7  a part was done
//
// and, as the shell counts, 130 when it was interrupted and 141 when nobody
// wanted the rest of its output. Errors are one line on standard error;
// below one about an unknown store stand those that there are.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from the first signal on, a second one kills as usual
	// Without this the end of a pipe would kill us before stores are closed.
	signal.Ignore(syscall.SIGPIPE)
	slog.SetDefault(slog.New(show.NewLog(os.Stderr)))
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Codes that the tests of the demo name.
const (
	exitError = int(exit.Failed)
	exitPipe  = 128 + int(syscall.SIGPIPE)
)

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	help := &output{Writer: stdout}
	help.hear(root)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = failed(help.err)
	}
	if err == nil {
		return int(exit.OK)
	}
	f := (*failure)(nil)
	switch {
	case !errors.As(err, &f):
		show.Message(stderr, fmt.Sprintf("coatcheck: %s (see %s --help)", worded(err), cmd.CommandPath()))
		if c := (choice{}); errors.As(err, &c) {
			show.Message(stderr, c.list())
		}
		return int(exit.Usage)
	case pipeEnded(err):
		return exitPipe
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		show.Message(stderr, "coatcheck: "+strings.TrimSuffix(oneLine(fmt.Errorf("interrupted: %w", err)), ": "+context.Canceled.Error()))
		return int(exit.Interrupted)
	}
	show.Message(stderr, "coatcheck: "+oneLine(err)+advice(cmd.Name(), err))
	return int(exit.Of(err))
}

// advice says what to do about an error of a command that does not say it.
func advice(command string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return " (are you the user whom it belongs to?)"
	case strings.Contains(err.Error(), "belongs to user"): // as stores in files say it
		return " (run coatcheck as that user)"
	case strings.Contains(err.Error(), "Store.Migrate"):
		return " (so does coatcheck create)"
	case exit.LacksDatabase(err):
		return " (make it on the server first: coatcheck create makes the table in it)"
	}
	switch exit.Of(err) {
	case exit.Unreachable:
		if !errors.Is(err, context.DeadlineExceeded) {
			return " (is the server running, and is this its URL?)"
		}
	case exit.Corrupt:
		if command != "check" && !exit.NoDatabase(err) && !saysMore(err) {
			return " (coatcheck check tells more)"
		}
	}
	return ""
}

// saysMore reports whether an error about damage says what to do, or that of a
// file of which no command could tell more.
func saysMore(err error) bool {
	return strings.Contains(err.Error(), "coatcheck ") || strings.Contains(err.Error(), "put a copy in its place")
}

// pipeEnded reports whether the reader of our output has gone, as head does. A
// connection that ends is another matter.
func pipeEnded(err error) bool {
	var path *fs.PathError
	return errors.Is(err, syscall.EPIPE) && errors.As(err, &path) && path.Op == "write"
}

// A failure is what went wrong while a command did its work. Every other error
// is about the command line.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed marks an error as a failure.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

// A misuse is an error about the command line that a command finds at work.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// misusef returns one.
func misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// judged makes an error of a command at work what run wants: a failure, unless
// it is about the command line.
func judged(err error) error {
	var m misuse
	if err == nil || errors.As(err, &m) {
		return err
	}
	return failed(err)
}

// oneLine joins the lines of a message, each once, and escapes what a terminal
// would obey. The library's name, which begins each of its errors, begins the
// line already.
func oneLine(err error) string {
	var parts []string
	for line := range strings.Lines(strings.ReplaceAll(err.Error(), "coatcheck: ", "")) {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" && !slices.Contains(parts, line) {
			parts = append(parts, line)
		}
	}
	return show.Line(strings.ReplaceAll(strings.Join(parts, "; "), ":;", ":"))
}
