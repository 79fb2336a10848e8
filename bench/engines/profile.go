package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/bench/report"
)

// profileTime is how long each operation is profiled.
const profileTime = 2 * time.Second

// profileAll writes a CPU profile of each operation of each engine of the run,
// by one thread and without fsync.
func profileAll(conf config, out io.Writer) error {
	rs, stop, err := startRows(conf.engines(func(k kind) bool { return !k.only }), conf, 1, conf.records, false)
	if err != nil {
		return err
	}
	defer stop()
	for _, r := range rs {
		for _, op := range opNames {
			path := fmt.Sprintf("%s.%s.%s.cpu", conf.profile, r.kind.name, strings.ReplaceAll(op, "/", "-"))
			r.do(order{Profile: path})
			took := r.do(order{Op: op, Threads: 1, For: profileTime}).nanos()
			r.do(order{Profile: "-"})
			if r.void != nil {
				return fmt.Errorf("%s: %w", r.kind.name, r.void)
			}
			fmt.Fprintf(out, "%s: %s each\n", path, report.Micros(took))
		}
	}
	return nil
}
