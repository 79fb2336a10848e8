package main

import (
	"io"

	"github.com/spf13/cobra"
)

// An output remembers the first error of its writer.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// hear sends all help through out, since cobra drops what goes wrong with it.
// The commands at work have their own writer, which must be the terminal itself
// if it is one.
func (o *output) hear(root *cobra.Command) {
	plain := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		root.SetOut(o)
		plain(cmd, args)
	})
}
