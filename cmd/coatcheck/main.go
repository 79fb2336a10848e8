// Coatcheck is the program of the session library of the same name. Today it
// runs the library's demo site:
//
//	coatcheck demo [--listen ADDR] [--store URL] [--idle DUR] [--absolute DUR]
//	coatcheck version
//	coatcheck completion bash|zsh|fish|powershell
//
// Its exit code is 0 when all went well, 1 after an error, and 2 when the
// command line makes no sense. Errors are one line on standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if f := (*failure)(nil); errors.As(err, &f) {
		fmt.Fprintf(stderr, "coatcheck: %s\n", oneLine(err))
		return exitError
	}
	fmt.Fprintf(stderr, "coatcheck: %s (see %s --help)\n", oneLine(err), cmd.CommandPath())
	return exitUsage
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

// oneLine joins the lines of a message.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
