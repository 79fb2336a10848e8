package report

import (
	"fmt"
	"io"
)

// An Aim is a bound on one of our figures and what the figure came to.
type Aim struct {
	what   string
	limit  string
	figure string
	met    bool
}

// AtMost is an aim that a figure must not exceed. Format is for both, "%.2f"
// or the like.
func AtMost(what string, limit, figure float64, format string) Aim {
	return Aim{what, "≤ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, figure), figure <= limit}
}

// AtLeast is an aim that a figure must reach.
func AtLeast(what string, limit, figure float64, format string) Aim {
	return Aim{what, "≥ " + fmt.Sprintf(format, limit), fmt.Sprintf(format, figure), figure >= limit}
}

// Either is an aim that is reached when one of two is.
func Either(what string, a, b Aim) Aim {
	return Aim{what, a.limit + " or " + b.limit, a.figure + ", " + b.figure, a.met || b.met}
}

// PrintAims prints what was aimed at and what came out.
func PrintAims(out io.Writer, aims []Aim) {
	fmt.Fprint(out, "\nWhat coatcheck aims at, and what came out in this run:\n\n")
	t := NewTable("", "aim", "this run", "")
	for _, aim := range aims {
		verdict := "met"
		if !aim.met {
			verdict = "**missed**"
		}
		t.Add(aim.what, aim.limit, aim.figure, verdict)
	}
	t.Print(out)
}
