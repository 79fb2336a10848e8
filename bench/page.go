package main

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// The pages whose cost is measured. Every library has them hand-written, in
// the style of its own documentation.
const (
	nopPage    = load.NopPage   // touches no session
	readPage   = load.ReadPage  // replies with the string under the key "name"
	structPage = "/struct"      // replies with a field of the struct under "profile"
	countPage  = load.CountPage // increments "count", saves, replies with it
)

// The pages that prepare and examine a session, made of the verbs in
// [session].
const (
	seedPage   = load.SeedPage // ?name= begins a session of ten keys
	setPage    = "/set"        // ?k=&v=
	getPage    = "/get"        // ?k=
	ownPage    = "/own"        // number of keys that begin with "own"
	loginPage  = "/login"      // ?user=
	whoPage    = "/who"        // user, empty when nobody
	logoutPage = "/logout"     //
	renewPage  = "/renew"      // another token; 501 when the library has no such thing
	slowPage   = "/slow"       // reads the session, waits at the gate, sets "slow"
	flushPage  = "/flush"      // sets "flushed", flushes, then writes the body
	latePage   = "/late"       // writes and flushes, then sets "late"
)

// A profile is the struct among the ten keys.
type profile struct {
	Name  string
	Plan  string
	Seats int
}

// plan is what structPage replies with.
const plan = "premium"

// seedValues returns the nine keys of a session of ten that do not count; the
// tenth is "count", an int.
func seedValues(name string) (strings map[string]string, others map[string]any) {
	strings = map[string]string{
		"name":   name,
		"email":  "visitor@example.com",
		"locale": "en-GB",
		"theme":  "dark",
		"nonce":  "pBpVeo7HEcAvVJmIMh0Tkw",
	}
	others = map[string]any{
		"admin":   true,
		"visits":  int64(17),
		"since":   time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
		"profile": profile{Name: name, Plan: plan, Seats: 12},
	}
	return strings, others
}

// A session is a library's session as the examining pages use it. A library
// that saves by itself has a save that does nothing.
type session interface {
	seed(name string)
	get(key string) string
	set(key, value string)
	own() int
	login(user string) error
	who() string
	renew() error // errors.ErrUnsupported
	logout() error
	save() error
}

// An exchange is a request and its response, on net/http or another.
type exchange interface {
	session() (session, error)
	param(name string) string
	write(text string)
	flush()
	fail(status int, err error)
}

// examiningPages returns the pages made of a session's verbs.
func examiningPages(g *gate) map[string]func(exchange) {
	return map[string]func(exchange){
		seedPage:   changing(func(s session, x exchange) error { s.seed(x.param("name")); return nil }),
		setPage:    changing(func(s session, x exchange) error { s.set(x.param("k"), x.param("v")); return nil }),
		loginPage:  changing(func(s session, x exchange) error { return s.login(x.param("user")) }),
		renewPage:  changing(func(s session, x exchange) error { return s.renew() }),
		slowPage:   changing(func(s session, x exchange) error { g.wait(s.get("name")); s.set("slow", "1"); return nil }),
		logoutPage: with(func(s session, x exchange) error { return done(x, s.logout()) }),
		getPage:    with(func(s session, x exchange) error { x.write(s.get(x.param("k"))); return nil }),
		ownPage:    with(func(s session, x exchange) error { x.write(strconv.Itoa(s.own())); return nil }),
		whoPage:    with(func(s session, x exchange) error { x.write(s.who()); return nil }),
		flushPage:  with(flushFirst),
		latePage:   with(changeLate),
	}
}

// changing is a page that changes the session, saves it and replies "ok".
func changing(change func(session, exchange) error) func(exchange) {
	return with(func(s session, x exchange) error {
		if err := change(s, x); err != nil {
			return err
		}
		return done(x, s.save())
	})
}

// with is a page that needs the session.
func with(page func(session, exchange) error) func(exchange) {
	return func(x exchange) {
		s, err := x.session()
		if err == nil {
			err = page(s, x)
		}
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			x.fail(http.StatusNotImplemented, err)
		case err != nil:
			x.fail(http.StatusInternalServerError, err)
		}
	}
}

// done replies "ok" unless there was an error.
func done(x exchange, err error) error {
	if err == nil {
		x.write("ok")
	}
	return err
}

// flushFirst flushes between the change and the first byte of the body, as a
// handler of a slow page does to show its visitor a sign of life.
func flushFirst(s session, x exchange) error {
	s.set("flushed", "1")
	if err := s.save(); err != nil {
		return err
	}
	x.flush()
	x.write("ok")
	return nil
}

// changeLate changes the session when part of the body is on its way. There
// is no way left to report an error, so it drops one.
func changeLate(s session, x exchange) error {
	x.write("ok")
	x.flush()
	s.set("late", "1")
	_ = s.save()
	return nil
}

// A gate holds the slow requests of one site until they are let through.
type gate struct {
	entered chan string   // what a slow request read when it came
	open    chan struct{} // one value lets one through
}

func newGate() *gate {
	return &gate{entered: make(chan string), open: make(chan struct{})}
}

// wait is called by a slow request, with what it has read of the session.
func (g *gate) wait(read string) {
	g.entered <- read
	<-g.open
}
