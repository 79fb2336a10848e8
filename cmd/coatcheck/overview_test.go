package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/go-sql-driver/mysql"

	"github.com/coatcheck/coatcheck"
)

// TestOverviewFits: the first help fits a terminal of 24 lines and 80 columns,
// and names every command.
func TestOverviewFits(t *testing.T) {
	root := newRoot()
	text := overview(root)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > 23 { // the prompt needs one
		t.Errorf("%d lines:\n%s", len(lines), text)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, cmd := range root.Commands() {
		if !strings.Contains(text, "  "+cmd.Name()) {
			t.Errorf("%s is not on it", cmd.Name())
		}
	}
}

// TestHelpFits: help is about 80 columns wide but for examples and flags, and every
// command says in a few words what it does, at length how, and shows it.
func TestHelpFits(t *testing.T) {
	for _, cmd := range newRoot().Commands() {
		if cmd.GroupID != "" && len(cmd.Short) > 29 {
			t.Errorf("%s: %q does not fit the overview", cmd.Name(), cmd.Short)
		}
		for line := range strings.Lines(cmd.Long) {
			if n := utf8.RuneCountInString(line); n > 84 {
				t.Errorf("%s: %d columns: %s", cmd.Name(), n, line)
			}
		}
		if cmd.GroupID != "" && (cmd.Long == "" || cmd.Example == "") {
			t.Errorf("%s: it has neither a description nor an example", cmd.Name())
		}
		checkFlagHelp(t, cmd)
	}
}

// checkFlagHelp looks at the lines of a command's flags.
func checkFlagHelp(t *testing.T, cmd *cobra.Command) {
	t.Helper()
	if cmd.Name() == "demo" {
		return // its stores have a table of their own
	}
	for line := range strings.Lines(cmd.Flags().FlagUsages()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 110 {
			t.Errorf("%s: %d columns: %s", cmd.Name(), n, line)
		}
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"coatcheck: session not found":     "session not found",
		"a:\n\ta: x\n\ta: x":               "a: a: x",
		"write: no space\nwrite: no space": "write: no space",
		"one\ntwo":                         "one; two",
		"it says \x1b[2J":                  `it says \x1b[2J`,
		`C:\sessions`:                      `C:\sessions`,
	} {
		if got := oneLine(errorString(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type errorString string

func (e errorString) Error() string { return string(e) }

// TestCase60SecretsInArgumentsAreRefused: what may be a password in a URL of the command line.
func TestCase60SecretsInArgumentsAreRefused(t *testing.T) {
	for url, refused := range map[string]bool{
		"redis://localhost":                          false,
		"redis://ada@localhost:6379/0":               false,
		"redis://ada:x@localhost":                    true,
		"redis://:x@localhost":                       true,
		"redis-cluster://ada:x@a:7000,b:7000":        true,
		"redis-cluster://a:7000,b:7000":              false,
		"postgres://localhost/db?password=x":         true,
		"postgres://localhost/db?a=b&sslpassword=x":  true,
		"postgres://localhost/db?passfile=/etc/pass": false,
		"postgres:ada:x@localhost":                   true,
		"hash:/a:b@c":                                false,
		"mem:":                                       false,
	} {
		if err := refuseSecret("--store", url); (err != nil) != refused {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestAdvice: an error that does not say what to do gets a word about it.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		command string
		err     error
		want    string
	}{
		{"ls", fmt.Errorf("open x: %w", fs.ErrPermission), " (are you the user whom it belongs to?)"},
		{"ls", errors.New("it belongs to user 7, and this program runs as user 0"), " (run coatcheck as that user)"},
		{"ls", coatcheck.ErrCorrupt, " (coatcheck check tells more)"},
		{"check", coatcheck.ErrCorrupt, ""},
		{"ls", syscall.ECONNREFUSED, " (is the server running, and is this its URL?)"},
		{"ls", context.DeadlineExceeded, ""},
		{"ls", &mysql.MySQLError{Number: 1049, Message: "Unknown database"}, " (make it on the server first: coatcheck create makes the table in it)"},
		{"ls", io.EOF, ""},
	} {
		if got := advice(c.command, c.err); got != c.want {
			t.Errorf("%s, %v: %q, want %q", c.command, c.err, got, c.want)
		}
	}
}
