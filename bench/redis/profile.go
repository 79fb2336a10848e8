package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// profileTime is how long each page is profiled.
const profileTime = 3 * time.Second

// profileOurs writes a CPU profile of each of our own servers, and of the bare
// one to compare with, while visitors read, and while they count.
func profileOurs(conf config, srv *server, out io.Writer) error {
	for _, s := range sites() {
		if s.kind == peerKind {
			continue
		}
		for _, page := range []string{load.ReadPage, load.CountPage} {
			if err := profileSite(s, srv, page, conf, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func profileSite(s site, srv *server, page string, conf config, out io.Writer) error {
	path := fmt.Sprintf("%s.%s.%s.cpu", conf.cpuProfile, s.kind, page[1:])
	web, err := startSite(s, srv, conf, path)
	if err != nil {
		return err
	}
	r := load.StartRow(s.name, web, conf.pace.Clients, true, srv.cpu)
	r.Measure(page, load.Pace{Warm: conf.pace.Warm, Measure: profileTime})
	if err := errors.Join(r.Void, r.Close()); err != nil {
		return err
	}
	f := r.Median(page)
	fmt.Fprintf(out, "%s: %.1fk requests/s, %.1f + %.1f µs each\n", path, f.PerSecond/1000, f.CPUMicros, f.Behind)
	return nil
}
