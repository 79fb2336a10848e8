// Command redis puts redisstore beside the Redis stores of other session
// libraries, in one run on one machine: the same site on each, over real
// connections, every reply verified, all on one Redis server. Beside them stand
// a bare handler, which does the same reads and writes through the same client
// library without being sessions, and coatcheck on its store in RAM.
//
//	go run ./bench/redis                      # everything, some two minutes
//	go run ./bench/redis -quick               # everything, briefly: figures are rough
//	go run ./bench/redis -cpuprofile /tmp/p   # profiles of our own rows, no tables
//
// It starts the server by itself, in a temporary folder. Figures depend on the
// machine and drift while it runs; only ratios of one run mean anything.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/command"
	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

var program = command.Program{Name: "redis", Env: serveEnv, Serve: serveChild, Run: func(args []string, out io.Writer) error {
	conf, err := parseFlags(args, os.Stderr)
	if err != nil {
		return err
	}
	return run(conf, out)
}}

func main() { program.Main() }

// measured are the modules whose versions the head names.
var measured = []string{
	"github.com/valkey-io/valkey-go",
	"github.com/alexedwards/scs/v2",
	"github.com/alexedwards/scs/goredisstore",
	"github.com/boj/redistore",
	"github.com/gomodule/redigo",
	"github.com/gofiber/fiber/v3",
	"github.com/gofiber/storage/redis/v3",
	"github.com/redis/go-redis/v9",
}

// run does what the flags ask for and writes Markdown to out.
func run(conf config, out io.Writer) error {
	srv, err := startServer()
	if err != nil {
		return err
	}
	defer func() { _ = srv.stop() }()
	if conf.cpuProfile != "" {
		return profileOurs(conf, srv, out)
	}
	report.PrintHead(out, "Sessions on Redis", conf.pace.Hastier(fullConfig().pace), measured...)
	version, err := srv.version()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Redis %s, without a log on disk.\n", version)
	rows, err := startRows(conf, srv)
	if err != nil {
		return err
	}
	defer func() { _ = load.CloseAll(loads(rows)) }()
	load.MeasureAll(loads(rows), pages.Names(), conf.pace)
	printRows(out, rows, conf)
	if err := printTrips(out, rows, srv); err != nil {
		return err
	}
	printAims(out, rows)
	return nil
}
