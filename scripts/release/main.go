// Release makes the tags of a release, in a throw-away clone, and proves there
// that users can build what the tags hold:
//
//	go run ./scripts/release v1.2.3           rehearses a release of HEAD
//	go run ./scripts/release -tag v1.2.3      does it, and leaves the tags in this repository
//	go run ./scripts/release -tree v0.0.1     rehearses with the working tree as it is
//
// It never pushes: it prints the command that does.
//
// The root module is tagged first, at HEAD. Then every other module that is
// released, the stores and after them the programs, gets a commit beside the
// branch that drops the replace directives and requires the new versions, and
// its tag on that commit. internal/tools, internal/itest and bench have no
// users, and are never tagged.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	var o options
	flag.BoolVar(&o.tag, "tag", false, "leave the tags in this repository")
	flag.BoolVar(&o.tree, "tree", false, "release the working tree, uncommitted changes included (rehearsals only)")
	flag.Parse()
	o.version = flag.Arg(0)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	version   string
	tag, tree bool
}

// run releases the repository at dir.
func run(ctx context.Context, dir string, o options, out io.Writer) error {
	if err := check(ctx, dir, o); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)

	r, err := clone(ctx, dir, temp, o, out)
	if err != nil {
		return err
	}
	if err := r.tagAll(ctx); err != nil {
		return err
	}
	if err := r.prove(ctx); err != nil {
		return err
	}
	return r.deliver(ctx, dir, o)
}
