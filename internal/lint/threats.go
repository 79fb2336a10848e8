package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// threatsPath is where the numbered requirements and abuse cases are listed.
const threatsPath = "docs/THREATS.md"

// A threatList is one of the two numbered lists.
type threatList struct {
	heading string // over its table
	kind    string // of its tests: TestRequirement02…, TestCase28…
	last    int    // the numbers go from 1 to it
}

func threatLists() []threatList {
	return []threatList{
		{"## Requirements", "Requirement", 33},
		{"## Abuse cases", "Case", 64},
	}
}

// A threatRow is one line of such a table.
type threatRow struct {
	line   int
	number int
	text   string   // what it says besides the tests
	tests  []string // directory of the package ("coatcheck" for the root's), ".", name
}

// checkThreats holds the tables of docs/THREATS.md and the numbered tests to
// each other: every number has its row, every row its tests or a reason why it
// has none, every test that is named is there, and every numbered test is named
// in the row of its number.
func checkThreats(t *tree, report reportFunc) {
	tests := numberedTests(t)
	var doc []byte
	for _, f := range t.files {
		if f.path == threatsPath {
			doc = f.src
		}
	}
	for _, list := range threatLists() {
		checkThreatList(list, threatRows(doc, list.heading), tests, report)
	}
	for name, where := range tests { // those that no row has taken out
		report(where.path, where.line, "%s is in no row of its number in %s", name, threatsPath)
	}
}

// A place is where a test stands.
type place struct {
	path string
	line int
}

var numberedTest = regexp.MustCompile(`^Test(Requirement|Case)([0-9]+)\w*$`)

// numberedTests finds the tests that have a number, by directory and name.
func numberedTests(t *tree) map[string]place {
	tests := map[string]place{}
	for _, g := range t.gofiles {
		if !g.isTest() {
			continue
		}
		for _, decl := range g.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && numberedTest.MatchString(fn.Name.Name) {
				tests[g.dir+"."+fn.Name.Name] = place{g.path, g.line(fn.Pos())}
			}
		}
	}
	return tests
}

// threatRows reads the table under a heading.
func threatRows(src []byte, heading string) (rows []threatRow) {
	inside, n := false, 0
	for line := range bytes.Lines(src) {
		n++
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "## ") {
			inside = text == heading
		}
		cells := strings.Split(text, "|")
		if !inside || len(cells) < 6 {
			continue
		}
		number, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue // the head
		}
		row := threatRow{line: n, number: number, text: strings.Join(cells[2:len(cells)-2], "|")}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[len(cells)-2], -1) {
			row.tests = append(row.tests, m[1])
		}
		rows = append(rows, row)
	}
	return rows
}

// checkThreatList holds one table to the tests, and takes out of them those
// that it names.
func checkThreatList(list threatList, rows []threatRow, tests map[string]place, report reportFunc) {
	for i, row := range rows {
		if row.number != i+1 {
			report(threatsPath, row.line, "row %d under %q comes where %d should", row.number, list.heading, i+1)
			return
		}
		checkThreatRow(list, row, tests, report)
	}
	if len(rows) != list.last {
		report(threatsPath, 0, "%d rows under %q; there are %d", len(rows), list.heading, list.last)
	}
}

func checkThreatRow(list threatList, row threatRow, tests map[string]place, report reportFunc) {
	begin := fmt.Sprintf("Test%s%02d", list.kind, row.number)
	excused := strings.Contains(row.text, "Does not apply: ")
	if excused == (len(row.tests) > 0) {
		report(threatsPath, row.line, "row %d names tests, or says \"Does not apply: \" and why", row.number)
	}
	for _, name := range row.tests {
		dir, fn := path.Split(name)
		pkg, fn, _ := strings.Cut(fn, ".")
		if dir += pkg; dir == "coatcheck" {
			dir = "."
		}
		if !strings.HasPrefix(fn, begin) {
			report(threatsPath, row.line, "row %d names %s; its tests begin with %s", row.number, name, begin)
			continue
		}
		if takeOut(tests, dir+"."+fn) == 0 {
			report(threatsPath, row.line, "row %d names %s, which is not there, or named twice", row.number, name)
		}
	}
}

// takeOut takes a test out of the others, or all whose names begin like one
// that ends in an ellipsis, and returns how many those were.
func takeOut(tests map[string]place, name string) (n int) {
	begin, several := strings.CutSuffix(name, "…")
	for each := range tests {
		if each == name || several && strings.HasPrefix(each, begin) {
			delete(tests, each)
			n++
		}
	}
	return n
}
