// Command database puts coatcheck's stores in databases and files beside those
// of other session libraries, in one run on one machine: the same site on
// each, over real connections, every reply verified. Beside each database
// stands a bare handler that does the same SELECT by the primary key through
// the same driver and pool: nothing that keeps sessions there can cost less.
//
//	go run ./bench/database                  # everything, some two minutes
//	go run ./bench/database -quick           # everything, briefly: figures are rough
//	go run ./bench/database -only postgres   # one database
//	go run ./bench/database -cpuprofile /tmp/p  # profiles of our own rows, no tables
//
// It starts PostgreSQL and MariaDB by itself, in temporary folders and without
// waiting for the disk, and leaves out what is not installed. Figures depend on
// the machine and drift while it runs; only ratios of one run mean anything.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/report"
)

func main() {
	if text := os.Getenv(serveEnv); text != "" {
		exit(serveChild(text, os.Stdin, os.Stdout))
	}
	conf, err := parseFlags(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(conf, os.Stdout)
	}
	exit(err)
}

// measured are the modules whose versions the head names.
var measured = []string{
	"github.com/alexedwards/scs/v2",
	"github.com/gorilla/sessions",
	"modernc.org/sqlite",
	"github.com/jackc/pgx/v5",
	"github.com/go-sql-driver/mysql",
}

// run does what the flags ask for and writes Markdown to out.
func run(conf config, out io.Writer) error {
	backends, stop, err := startBackends(conf, out)
	if err != nil {
		return err
	}
	defer stop()
	if conf.cpuProfile != "" {
		return profileOurs(conf, backends, out)
	}
	fmt.Fprintf(out, "# Sessions in databases and files\n\n")
	report.PrintMachine(out, measured...)
	if full := fullConfig(); conf.rounds < full.rounds || conf.measure < full.measure {
		fmt.Fprintf(out, "A short run: the figures are rough, do not quote them.\n")
	}
	rows, stopRows, err := startRows(conf, backends)
	if err != nil {
		return err
	}
	defer stopRows()
	measureRows(rows, conf)
	printRows(out, rows, conf)
	if err := printTallies(out, rows); err != nil {
		return err
	}
	printAims(out, rows)
	return nil
}

// exit ends the program, with the error on stderr if there is one.
func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "database:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
