package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// profileTime is how long each row is profiled.
const profileTime = 3 * time.Second

// profileOurs writes a CPU and an allocation profile of each row of ours in
// one process, and a CPU profile of our server over loopback.
func profileOurs(conf config, out io.Writer) error {
	ours, err := findLibrary(ourName)
	if err != nil {
		return err
	}
	for _, page := range processPages {
		if err := profilePage(ours, page, conf.cpuProfile+"."+strings.Trim(page, "/"), out); err != nil {
			return err
		}
	}
	return profileServer(ours, conf, out)
}

// profilePage profiles one page in process: time first, then, with every
// single allocation recorded, the heap.
func profilePage(ours library, page, prefix string, out io.Writer) error {
	s, free, err := openSite(ours, setup{})
	if err != nil {
		return err
	}
	defer free()
	cookie, err := begin(s)
	if err != nil {
		return err
	}
	p := s.probe(page, cookie)
	if err := verify(p, page); err != nil {
		return err
	}
	n := calibrate(p, profileTime)
	stop, err := load.ProfileTo(prefix + ".cpu")
	if err != nil {
		return err
	}
	for range n {
		p.serve()
	}
	if err := stop(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s.cpu: %d requests\n", prefix, n)
	return profileHeap(p, prefix+".allocs", out)
}

// heapRequests is how many requests an allocation profile covers, so that
// its counts divide easily.
const heapRequests = 10000

func profileHeap(p probe, path string, out io.Writer) error {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1 // while writing too, else counts are scaled up
	for range heapRequests {
		p.serve()
	}
	runtime.GC() // the profile is as of the last collection
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("allocs").WriteTo(f, 0); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d requests with every allocation, and what the pages before allocated: go tool pprof -diff_base\n", path, heapRequests)
	return f.Close()
}

// profileServer profiles our server while a crew reads and counts.
func profileServer(ours library, conf config, out io.Writer) error {
	for _, page := range loopbackPages {
		path := conf.cpuProfile + "." + strings.Trim(page, "/") + ".loopback.cpu"
		srv, err := startServer(ours, conf.pace.Procs, path)
		if err != nil {
			return err
		}
		c, err := load.NewCrew(srv.Addr, conf.pace.Clients, ours.sessions, srv.CPU)
		if err != nil {
			return err
		}
		l, err := c.Run(page, conf.pace.Warm, profileTime)
		c.Close()
		if err != nil {
			return err
		}
		if err := srv.Stop(); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %.1fk requests/s, %.1f µs each\n", path, l.PerSecond/1000, l.CPUMicros)
	}
	return nil
}
