package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// A Program is a benchmark that runs itself once more for each of its server
// processes.
type Program struct {
	// Name stands before errors.
	Name string

	// Env names the variable of the environment that makes a process a
	// server; its text says what it serves.
	Env string

	// Serve is the whole life of a server process.
	Serve func(text string, in io.Reader, out io.Writer) error

	// Run does what the arguments ask for and writes Markdown to out.
	Run func(args []string, out io.Writer) error
}

// Main is the main function. It does not return.
func (p Program) Main() {
	p.Child()
	err := p.Run(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		err = nil
	}
	p.exit(err)
}

// Child does not return where this process is a server. Tests call it first,
// since their program is started for servers, too.
func (p Program) Child() {
	if text := os.Getenv(p.Env); text != "" {
		p.exit(p.Serve(text, os.Stdin, os.Stdout))
	}
}

// exit ends the process, with the error on stderr if there is one.
func (p Program) exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, p.Name+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}
