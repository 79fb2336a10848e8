//go:build !unix

package main

import "errors"

// startServer starts no server: package servers knows Unix only.
func startServer() (*server, error) { return nil, errors.New("only on Unix") }
