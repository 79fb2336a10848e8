package main

import (
	"fmt"
	"net"
	"sync/atomic"
)

// A library is one way to serve the pages of this tool.
type library struct {
	name     string
	sessions bool   // false: a handler without sessions, to compare with
	base     string // the library without sessions that it is measured against in process
	idle     bool   // it has an idle timeout that reads put off
	client   bool   // its sessions are with the clients, so none is ever written down
	clerk    bool   // counts one number for all visitors (the bare servers)
	open     func(setup) (site, error)
}

// libraries returns all of them, in the order of the tables.
func libraries() []library {
	return []library{
		{name: bareName, base: bareName, clerk: true, open: openBare},
		{name: floorName, base: bareName, clerk: true, open: openFloor},
		{name: ourName, base: bareName, sessions: true, idle: true, open: openCoatcheck},
		{name: ourFileName, base: bareName, sessions: true, idle: true, open: openOnFile},
		{name: ourSealedName, base: bareName, sessions: true, idle: true, client: true, open: openSealed},
		{name: scsName, base: bareName, sessions: true, idle: true, open: openSCS},
		{name: gorillaCookieName, base: bareName, sessions: true, open: openGorillaCookie},
		{name: "gorilla, files", base: bareName, sessions: true, open: openGorillaFiles},
		{name: "gin", base: bareGinName, sessions: true, open: openGin},
		{name: "fiber", base: bareFiberName, sessions: true, idle: true, open: openFiber},
		{name: bareGinName, base: bareGinName, clerk: true, open: openBareGin},
		{name: bareFiberName, base: bareFiberName, clerk: true, open: openBareFiber},
	}
}

// The names that the tables refer to.
const (
	bareName      = "bare net/http"
	floorName     = "context.WithValue"
	ourName       = "coatcheck"
	ourFileName   = "coatcheck, hashstore"
	ourSealedName = "coatcheck, sealed"
	scsName       = "scs"
	bareGinName   = "bare gin"
	bareFiberName = "bare fiber"
)

// findLibrary returns the library of that name.
func findLibrary(name string) (library, error) {
	for _, lib := range libraries() {
		if lib.name == name {
			return lib, nil
		}
	}
	return library{}, fmt.Errorf("no library %q", name)
}

// A setup says how a site is to be opened.
type setup struct {
	dir    string        // for stores that keep files
	gate   *gate         // where slow requests wait; nil if there are none
	writes *atomic.Int64 // counts what reaches the store; nil: nobody counts, idle timeouts stay at the library's default
}

// A site is a library at work.
type site interface {
	// serve answers on ln until it is closed.
	serve(ln net.Listener) error

	// probe prepares a request for a page that can be served in process over
	// and over. cookie is the value of the Cookie header.
	probe(page, cookie string) probe

	// close frees what the site holds.
	close() error
}

// A probe is one prepared request. It is not safe for concurrent use.
type probe interface {
	// serve serves the request once, from the same state as the last time.
	serve()

	// answer returns what the last serve replied.
	answer() (status int, body string, setCookies []string)
}
