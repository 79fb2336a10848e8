package report

import (
	"fmt"
	"io"
)

// PrintHead begins a report: its title, the machine and the modules measured,
// and a warning if the run was too short for figures to quote.
func PrintHead(out io.Writer, title string, short bool, modules ...string) {
	fmt.Fprintf(out, "# %s\n\n", title)
	printMachine(out, modules)
	if short {
		fmt.Fprintf(out, "A short run: the figures are rough, do not quote them.\n")
	}
}
