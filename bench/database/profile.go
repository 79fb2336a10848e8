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
// ones to compare with, while visitors read, and while they count.
func profileOurs(conf config, backends []backend, out io.Writer) error {
	for _, b := range backends {
		for _, s := range sites(b.Name) {
			if s.kind == peerKind {
				continue
			}
			for _, page := range []string{load.ReadPage, load.CountPage} {
				if err := profileSite(place{backend: b, Site: s.name, Pool: conf.pool}, s.kind, page, conf, out); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func profileSite(p place, kind, page string, conf config, out io.Writer) error {
	path := fmt.Sprintf("%s.%s.%s.%s.cpu", conf.cpuProfile, p.Name, kind, page[1:])
	srv, err := startSite(p, conf, path)
	if err != nil {
		return err
	}
	f, err := profileVisits(srv, page, conf)
	if err := errors.Join(err, srv.Stop()); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %.1fk requests/s, %.1f µs each\n", path, f.PerSecond/1000, f.CPUMicros)
	return nil
}

func profileVisits(srv *load.Server, page string, conf config) (load.Figure, error) {
	c, err := load.NewCrew(srv.Addr, conf.pace.Clients, true, srv.CPU)
	if err != nil {
		return load.Figure{}, err
	}
	defer c.Close()
	return c.Run(page, conf.pace.Warm, profileTime)
}
