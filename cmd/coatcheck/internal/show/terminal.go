package show

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// lineWidth is the width of a chart where there is no terminal.
const lineWidth = 80

// terminalWidth returns how many columns the terminal behind w has, 0 if there
// is none.
func terminalWidth(w any) int {
	if !IsTerminal(w) {
		return 0
	}
	columns, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil || columns < 1 {
		columns = lineWidth
		if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
			columns = n
		}
	}
	return columns
}

// IsTerminal reports whether a reader or writer is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// dumb reports whether the terminal wants plain text: TERM=dumb, or none.
func dumb() bool {
	name := os.Getenv("TERM")
	return name == "dumb" || name == ""
}

// colorful reports whether what goes to w may have colours.
func colorful(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && !dumb() && IsTerminal(w)
}
