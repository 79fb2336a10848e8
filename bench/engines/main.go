// Command engines puts hashstore and our other embedded stores beside the
// engines that one could keep sessions in, in one run on one machine, and
// prints Markdown tables:
//
//   - speed: what a get, a touch, a put takes, without fsync;
//   - sharing: what two processes do on the same files;
//   - durable: puts that have reached the disk;
//   - size: what the files occupy, and give back.
//
// Times depend on the machine and drift while it runs. The rounds therefore
// visit all engines in turn, the tables show medians, and only ratios of one
// run mean anything.
//
//	go run ./bench/engines                     # everything that needs no C compiler, some four minutes
//	go run -tags cpeers ./bench/engines        # with LMDB, and SQLite in C, too
//	go run ./bench/engines -quick              # everything, briefly: figures are rough
//	go run ./bench/engines -only durable -engines hash,bbolt
//	go run ./bench/engines -engines hash -cpuprofile /tmp/p  # profiles, no tables
//
// Every engine does the same: a put replaces a record if its version is the
// one that the writer knows, in one transaction; a touch moves the deadline
// and leaves the rest. A get hands out what the caller may keep. An engine
// without fsync survives the end of its process (the RAM map and memstore do
// not), but not that of the machine.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/report"
)

var program = command.Program{Name: "engines", Env: childEnv, Serve: serveChild, Run: func(args []string, out io.Writer) error {
	conf, err := parseFlags(args, os.Stderr)
	if err != nil {
		return err
	}
	return run(conf, out)
}}

func main() { program.Main() }

// measured are the modules whose versions the head names.
var measured = []string{
	"go.etcd.io/bbolt",
	"modernc.org/sqlite",
	"github.com/mattn/go-sqlite3",
	"github.com/PowerDNS/lmdb-go",
	"github.com/cockroachdb/pebble/v2",
	"github.com/dgraph-io/badger/v4",
}

// run does what the flags ask for and writes Markdown to out.
func run(conf config, out io.Writer) error {
	if conf.profile != "" {
		return profileAll(conf, out)
	}
	full := fullConfig()
	short := conf.rounds < full.rounds || conf.slice < full.slice || conf.records < full.records
	report.PrintHead(out, "Engines for sessions", short, measured...)
	for _, name := range conf.tables {
		if err := tables[name](conf, out); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// tables are the parts of a run by name; tableNames is their order.
var (
	tableNames = []string{"speed", "sharing", "durable", "size"}
	tables     = map[string]func(config, io.Writer) error{
		"speed":   speedTable,
		"sharing": sharingTable,
		"durable": durableTable,
		"size":    sizeTable,
	}
)
