package report

import (
	"fmt"
	"io"
	"strings"
)

// A Table prints as Markdown. Cells must not contain "|". It is not safe for
// concurrent use.
type Table struct {
	head []string
	rows [][]string
}

// NewTable returns a table without rows.
func NewTable(head ...string) *Table { return &Table{head: head} }

// Add adds a row.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// Print writes the table to out. An error of out's is lost, as with the other
// text that a benchmark prints.
func (t *Table) Print(out io.Writer) {
	printRow(out, t.head)
	fmt.Fprintln(out, strings.Repeat("|---", len(t.head))+"|")
	for _, row := range t.rows {
		printRow(out, row)
	}
}

func printRow(out io.Writer, row []string) {
	fmt.Fprintln(out, "| "+strings.Join(row, " | ")+" |")
}
