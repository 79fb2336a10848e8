//go:build linux

package main

import (
	"net"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// TestPortIsTaken: whoever has a demo running already learns how to start
// another one.
func TestPortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	do(t, "", "demo", "-s", "mem:", "--listen", taken.Addr().String()).wants(t, exit.Failed, "address already in use: --listen 127.0.0.1:0 takes a free port")
}
