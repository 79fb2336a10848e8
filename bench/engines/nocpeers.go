//go:build !cpeers

package main

// compiledKinds are the peers that need a C compiler: none here.
func compiledKinds() []kind { return nil }
