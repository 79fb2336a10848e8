package show

import (
	"io"
	"slices"
	"strings"
)

// A Column is one of a table.
type Column struct {
	Head  string
	Right bool // numbers stand right
	Least int  // columns of the terminal that it keeps, however narrow that is; 0: never shortened
	Whole bool // it is not shortened as long as others can give way instead
	Prose bool // it is the last column, and breaks between words instead of being shortened
}

// sample is how many rows decide how wide the columns are. Those behind them
// are written as they come, however many there are.
const sample = 512

// gap stands between two columns.
const gap = 2

// A Table writes rows below each other. Use it from one goroutine.
type Table struct {
	out     io.Writer
	width   int // of the terminal; 0 if there is none
	bold    func(string) string
	columns []Column
	widths  []int
	rows    [][]string // until the widths are known
}

// Row adds a row, a cell for each column. Cells must be escaped by [Text].
func (t *Table) Row(cells ...string) error {
	if t.widths != nil {
		return t.write(cells, false)
	}
	t.rows = append(t.rows, cells)
	if len(t.rows) < sample {
		return nil
	}
	return t.Flush()
}

// Flush writes what is still held back. A table without rows writes nothing,
// not even its head.
func (t *Table) Flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	t.measure()
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.Head
	}
	if strings.Join(heads, "") != "" {
		if err := t.write(heads, true); err != nil {
			return err
		}
	}
	for _, row := range t.rows {
		if err := t.write(row, false); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

// measure finds the widths from the rows so far.
func (t *Table) measure() {
	t.widths = make([]int, len(t.columns))
	total := -gap
	for i, c := range t.columns {
		t.widths[i] = width(c.Head)
		for _, row := range t.rows {
			t.widths[i] = max(t.widths[i], width(row[i]))
		}
		total += t.widths[i] + gap
	}
	if t.width == 0 {
		return
	}
	whole := t.spared() <= t.width
	// The widest gives way first.
	for ; total > t.width; total-- {
		widest := -1
		for i, c := range t.columns {
			if c.Least > 0 && t.widths[i] > c.Least && !(c.Whole && whole) && (widest < 0 || t.widths[i] > t.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		t.widths[widest]--
	}
}

// spared is how wide the table is if all give way but those that should be whole.
func (t *Table) spared() int {
	total := -gap
	for i, c := range t.columns {
		if c.Least > 0 && !c.Whole {
			total += min(t.widths[i], c.Least) + gap
		} else {
			total += t.widths[i] + gap
		}
	}
	return total
}

// gives reports whether lines are to fit a terminal by being shortened. Where no
// column gives way, all that is said matters.
func (t *Table) gives() bool {
	return t.width > 0 && slices.ContainsFunc(t.columns, func(c Column) bool { return c.Least > 0 })
}

// write writes one row.
func (t *Table) write(cells []string, head bool) error {
	var b strings.Builder
	for i, cell := range cells {
		if t.width > 0 && t.columns[i].Least > 0 {
			cell = cut(cell, t.widths[i])
		}
		if t.width > 0 && t.columns[i].Prose {
			cell = hang(cell, t.width, width(b.String()))
		}
		space := strings.Repeat(" ", max(0, t.widths[i]-width(cell)))
		if t.columns[i].Right {
			cell = space + cell
		} else if i < len(cells)-1 {
			cell += space
		}
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", gap))
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if t.gives() {
		line = cut(line, t.width) // where it is narrower than what may not give way
	}
	if head {
		line = t.bold(line)
	}
	_, err := io.WriteString(t.out, line+"\n")
	return err
}
