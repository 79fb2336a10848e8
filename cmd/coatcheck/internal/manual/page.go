// Package manual writes the manual pages of a program's commands, from the same
// words that its help has.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Options say what pages have besides the help of their command. The zero value
// adds nothing.
type Options struct {
	// Version is that of the program.
	Version string

	// Sections stand at the end of each page, such as EXIT STATUS, as titles
	// and texts by turns.
	Sections []string
}

// Write writes a page for cmd, and one for each command beneath it, into dir:
// "coatcheck-ls.1" and so on. What is there of that name is replaced.
func Write(dir string, cmd *cobra.Command, o *Options) (pages int, err error) {
	if o == nil {
		o = new(Options)
	}
	if cmd.Hidden {
		return 0, nil
	}
	if err := os.WriteFile(filepath.Join(dir, name(cmd)+".1"), []byte(Page(cmd, o)), 0o644); err != nil {
		return 0, err
	}
	for _, sub := range cmd.Commands() {
		n, err := Write(dir, sub, o)
		if err != nil {
			return pages, err
		}
		pages += n
	}
	return pages + 1, nil
}

// name is what a command's page is called.
func name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// Page returns the page of one command, in the language of man.
func Page(cmd *cobra.Command, o *Options) string {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	title := strings.ToUpper(name(cmd))
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s Coatcheck\n.nh\n", quoted(title), quoted("coatcheck "+o.Version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escaped(name(cmd)), escaped(strings.ToLower(cmd.Short[:1])+cmd.Short[1:]))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n%s\n", escaped(cmd.UseLine()))
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	section(&b, "DESCRIPTION", long)
	if commands := cmd.Commands(); len(commands) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range commands {
			if sub.IsAvailableCommand() {
				item(&b, sub.Name(), sub.Short+".")
			}
		}
	}
	b.WriteString(".SH OPTIONS\n")
	flags(&b, cmd.NonInheritedFlags())
	flags(&b, cmd.InheritedFlags())
	if cmd.Example != "" {
		section(&b, "EXAMPLES", cmd.Example)
	}
	for i := 0; i+1 < len(o.Sections); i += 2 {
		section(&b, o.Sections[i], o.Sections[i+1])
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s(1)\n", escaped(name(cmd.Parent())))
	}
	return b.String()
}

// flags writes what a command's flags do.
func flags(b *strings.Builder, set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		head := "--" + f.Name
		if f.Shorthand != "" {
			head = "-" + f.Shorthand + ", " + head
		}
		if value != "" {
			head += " " + value
		}
		item(b, head, upperFirst(usage)+remark(f)+".")
	})
}

// remark names the default of a flag that has one.
func remark(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return ""
	}
	return " (default " + f.DefValue + ")"
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
