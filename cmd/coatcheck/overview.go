package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// overview is the help of the whole program. It fits 24 lines of 80 columns,
// with every command on it, so that nobody has to scroll to find one.
func overview(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "coatcheck: %s\n\n", lowerFirst(root.Short))
	b.WriteString("  coatcheck COMMAND --store URL      coatcheck COMMAND --help tells more\n\n")
	groups := root.Groups()
	for pair := range slices.Chunk(groups, 2) {
		columns := [2][]string{}
		for i, g := range pair {
			columns[i] = append([]string{g.Title}, members(root, g.ID)...)
		}
		for i := range max(len(columns[0]), len(columns[1])) {
			line := fmt.Sprintf("%-40s%s", at(columns[0], i), at(columns[1], i))
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	fmt.Fprintf(&b, "MORE\n  %s\n\n", strings.Join(strays(root), "  "))
	b.WriteString(`URL: hash:FILE, file:DIR, sqlite:FILE, postgres://HOST/DB, redis://HOST … It may
come from --store-file FILE or the environment's COATCHECK_STORE. --json prints
JSON. Exit codes: 3 not found, 4 busy, 5 unreachable, 6 damaged, 7 in part.
`)
	return b.String()
}

// members are the lines of a group's commands.
func members(root *cobra.Command, group string) (lines []string) {
	for _, cmd := range root.Commands() {
		if cmd.GroupID == group && cmd.IsAvailableCommand() {
			lines = append(lines, fmt.Sprintf("  %-9s%s", cmd.Name(), lowerFirst(cmd.Short)))
		}
	}
	return lines
}

// strays are the names of the commands that are in no group.
func strays(root *cobra.Command) (names []string) {
	for _, cmd := range root.Commands() {
		if cmd.GroupID == "" && (cmd.IsAvailableCommand() || cmd.Name() == "help") {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// at returns the line, "" behind the last.
func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
