package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/hashstore"
)

// newCompact returns the command that makes a hash file small.
func newCompact() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "compact",
		GroupID: groupKeep,
		Short:   "Give space back",
		Long: `Make a hash file as small as it can be: live records move together, and the rest
goes back to the disk. Others may use it meanwhile; if nobody does, its end is
cut off, too. The store does most of this by itself.

Other stores have nothing of the kind: a database's own tools do it there.`,
		Example:           `  coatcheck compact -s hash:/var/lib/shop/sessions`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	p.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, ok, err := p.hashFile(cmd.Context())
		if err != nil {
			return judged(err)
		}
		if !ok {
			return judged(p.work(cmd, asItIs, func(context.Context, *job) error {
				return listing.Unable("be made smaller from here, as only hash: files can; databases and servers have tools of their own")
			}))
		}
		out := newPrinter(cmd)
		return judged(errors.Join(compactHash(cmd.Context(), out, path), out.Flush()))
	}
	return cmd
}

// compaction is the result.
type compaction struct {
	Before fileFigures `json:"before"`
	After  fileFigures `json:"after"`
}

// compactHash makes a hash file small. That may end at any moment, and all is well.
func compactHash(ctx context.Context, p *show.Printer, path string) error {
	before, err := measure(path)
	if err != nil {
		return err
	}
	_, err = until(ctx, func() (struct{}, error) { return struct{}{}, hashstore.Compact(path) })
	if err != nil {
		return err
	}
	after, err := measure(path)
	if err != nil {
		return err
	}
	return p.Result(compaction{*before, *after}, fmt.Sprintf("%s: %s on the disk, and %s before.", path, show.Size(after.OnDisk), show.Size(before.OnDisk)))
}
