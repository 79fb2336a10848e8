package main

import (
	"fmt"
	"io"
	"strings"
)

// A table prints as Markdown. Cells must not contain "|".
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

func (t *table) print(out io.Writer) {
	printRow(out, t.head)
	fmt.Fprintln(out, strings.Repeat("|---", len(t.head))+"|")
	for _, row := range t.rows {
		printRow(out, row)
	}
}

func printRow(out io.Writer, row []string) {
	fmt.Fprintln(out, "| "+strings.Join(row, " | ")+" |")
}
