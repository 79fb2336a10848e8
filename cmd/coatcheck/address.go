package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// checkAddress finds what is wrong with the form of an address to listen on.
func checkAddress(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--listen %q: want a host and a port, such as 127.0.0.1:8080", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("--listen %q: the port must be a number from 0 to 65535", addr)
	}
	return nil
}

// listen takes an address. That another program has the port, such as an earlier
// demo, is what happens to most people at some time.
func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(addr)
		return nil, fmt.Errorf("%w: --listen %s takes a free port", err, net.JoinHostPort(host, "0"))
	}
	return listener, err
}

// isLoopback reports whether only this machine reaches the address.
func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// address returns the URL of a server that was told to listen on asked and
// does so on got: asked knows the name, got the port.
func address(https bool, asked string, got net.Addr) string {
	host, _, _ := net.SplitHostPort(asked)
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost" // every address of this machine, that one included
	}
	_, port, _ := net.SplitHostPort(got.String())
	scheme := "http://"
	if https {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}
