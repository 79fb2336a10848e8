// Command bench puts Coatcheck and the well-known session libraries for Go
// side by side, in one run on one machine, and prints Markdown tables:
//
//   - process: what a session costs a request, inside one process, over the
//     same handler without sessions: time, allocations, bytes;
//   - loopback: requests per second and the server's CPU time per request,
//     over real connections, every reply verified;
//   - promises: what becomes of one session under concurrent requests.
//
// Times depend on the machine and drift while it runs. The rounds therefore
// visit all libraries in turn, the tables show medians, and only ratios of
// one run mean anything. Allocations are exact; a test gates them.
//
//	go run ./bench                     # everything, some twelve minutes
//	go run ./bench -quick              # everything, briefly: figures are rough
//	go run ./bench -only promises      # one table
//	go run ./bench -cpuprofile /tmp/p  # profiles of our own rows, no tables
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/coatcheck/coatcheck/bench/command"
)

var program = command.Program{Name: "bench", Env: serveEnv, Serve: serveChild, Run: func(args []string, out io.Writer) error {
	conf, err := parseFlags(args, os.Stderr)
	if err != nil {
		return err
	}
	return run(conf, out)
}}

func main() { program.Main() }

// run does what the flags ask for and writes Markdown to out.
func run(conf config, out io.Writer) error {
	if conf.cpuProfile != "" {
		return profileOurs(conf, out)
	}
	printHead(out, conf)
	for _, table := range conf.tables {
		if err := tables[table](conf, out); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// tables are the parts of a run by name; tableNames is their order.
var (
	tableNames = []string{"process", "loopback", "promises"}
	tables     = map[string]func(config, io.Writer) error{
		"process":  processTables,
		"loopback": loopbackTable,
		"promises": promisesTable,
	}
)
