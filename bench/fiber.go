package main

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v3"
	fibersession "github.com/gofiber/fiber/v3/middleware/session"
)

// openBareFiber opens fiber without sessions.
func openBareFiber(setup) (site, error) {
	var count atomic.Int64
	app := fiber.New()
	text := func(text string) fiber.Handler {
		return func(c fiber.Ctx) error { return c.SendString(text) }
	}
	app.Get(nopPage, text("ok"))
	app.Get(readPage, text(bareText))
	app.Get(structPage, text(plan))
	app.Get(seedPage, func(c fiber.Ctx) error {
		c.Cookie(&fiber.Cookie{Name: bareCookieName, Value: bareCookieValue})
		return c.SendString("ok")
	})
	app.Get(countPage, func(c fiber.Ctx) error { return c.SendString(strconv.Itoa(int(count.Add(1)))) })
	return &fiberSite{app}, nil
}

// openFiber opens fiber with its session middleware on its default storage,
// in RAM.
func openFiber(set setup) (site, error) {
	store := fibersession.NewStore()
	store.RegisterType(profile{})
	store.RegisterType(time.Time{})
	if set.writes != nil {
		store.Storage = &countedFiberStorage{store.Storage, set.writes}
	}
	app := fiber.New()
	app.Use(fibersession.New(fibersession.Config{Store: store}))
	app.Get(nopPage, func(c fiber.Ctx) error { return c.SendString("ok") })
	app.Get(readPage, func(c fiber.Ctx) error {
		name, _ := fibersession.FromContext(c).Get("name").(string)
		return c.SendString(name)
	})
	app.Get(structPage, func(c fiber.Ctx) error {
		p, _ := fibersession.FromContext(c).Get("profile").(profile)
		return c.SendString(p.Plan)
	})
	app.Get(countPage, func(c fiber.Ctx) error {
		s := fibersession.FromContext(c)
		n, _ := s.Get("count").(int)
		n++
		s.Set("count", n)
		return c.SendString(strconv.Itoa(n))
	})
	for path, page := range examiningPages(set.gate) {
		app.Get(path, func(c fiber.Ctx) error { page(fiberExchange{c}); return nil })
	}
	return &fiberSite{app}, nil
}

// A fiberSite serves a fiber application.
type fiberSite struct{ app *fiber.App }

func (s *fiberSite) serve(ln net.Listener) error {
	return s.app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true})
}

func (s *fiberSite) close() error { return s.app.Shutdown() }

// A fiberExchange is an [exchange] on fiber. Fiber sends nothing before the
// handler has returned, so there is nothing to flush.
type fiberExchange struct{ c fiber.Ctx }

func (x fiberExchange) session() (session, error) {
	return fiberSession{fibersession.FromContext(x.c)}, nil
}

func (x fiberExchange) param(name string) string   { return strings.Clone(x.c.Query(name)) }
func (x fiberExchange) write(text string)          { _, _ = x.c.WriteString(text) }
func (x fiberExchange) flush()                     {}
func (x fiberExchange) fail(status int, err error) { _ = x.c.Status(status).SendString(err.Error()) }

// A fiberSession is the session of one request.
type fiberSession struct{ m *fibersession.Middleware }

func (s fiberSession) seed(name string) {
	texts, others := seedValues(name)
	for k, v := range texts {
		s.m.Set(k, v)
	}
	for k, v := range others {
		s.m.Set(k, v)
	}
	s.m.Set("count", 0)
}

func (s fiberSession) get(key string) string { v, _ := s.m.Get(key).(string); return v }
func (s fiberSession) set(key, value string) { s.m.Set(key, value) }
func (s fiberSession) who() string           { return s.get("user") }
func (s fiberSession) renew() error          { return s.m.Regenerate() }
func (s fiberSession) logout() error         { return s.m.Destroy() }
func (s fiberSession) save() error           { return nil }

func (s fiberSession) login(user string) error {
	s.set("user", user)
	return s.renew()
}

func (s fiberSession) own() int {
	n := 0
	for _, key := range s.m.Keys() {
		if text, ok := key.(string); ok && strings.HasPrefix(text, "own") {
			n++
		}
	}
	return n
}

// A countedFiberStorage counts the records written.
type countedFiberStorage struct {
	fiber.Storage
	writes *atomic.Int64
}

func (s *countedFiberStorage) SetWithContext(ctx context.Context, key string, val []byte, exp time.Duration) error {
	s.writes.Add(1)
	return s.Storage.SetWithContext(ctx, key, val, exp)
}
