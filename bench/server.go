package main

import (
	"io"

	"github.com/coatcheck/coatcheck/bench/load"
)

// serveEnv names, in the environment of a server process, its library.
const serveEnv = "COATCHECK_BENCH_SERVE"

// serveChild is the whole life of a server process.
func serveChild(name string, in io.Reader, out io.Writer) error {
	lib, err := findLibrary(name)
	if err != nil {
		return err
	}
	s, free, err := openSite(lib, setup{})
	if err != nil {
		return err
	}
	defer free()
	return load.Serve(s.serve, in, out)
}

// startServer starts a server process of the library on procs processors.
func startServer(lib library, procs int, profile string) (*load.Server, error) {
	return load.StartServer(procs, profile, serveEnv+"="+lib.name)
}
