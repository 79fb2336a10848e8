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
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

var program = command.Program{Name: "database", Env: serveEnv, Serve: serveChild, Run: func(args []string, out io.Writer) error {
	conf, err := parseFlags(args, os.Stderr)
	if err != nil {
		return err
	}
	return run(conf, out)
}}

func main() { program.Main() }

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
	report.PrintHead(out, "Sessions in databases and files", conf.pace.Hastier(fullConfig().pace), measured...)
	rows, err := startRows(conf, backends)
	if err != nil {
		return err
	}
	defer func() { _ = load.CloseAll(loads(rows)) }()
	load.MeasureAll(loads(rows), pages.Names(), conf.pace)
	printRows(out, rows, conf)
	if err := printTallies(out, rows); err != nil {
		return err
	}
	printAims(out, rows)
	return nil
}
