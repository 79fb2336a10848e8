package main

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/session"
	fiberredis "github.com/gofiber/storage/redis/v3"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
)

// openFiber opens fiber with its session middleware on its Redis storage.
func openFiber(p place) (func(net.Listener) error, error) {
	store := session.NewStore(session.Config{Storage: fiberredis.NewFromConnection(openClient(p))})
	store.RegisterType(time.Time{})
	app := fiber.New()
	app.Use(session.New(session.Config{Store: store}))
	app.Get(load.NopPage, func(c fiber.Ctx) error { return c.SendString("ok") })
	app.Get(load.ReadPage, func(c fiber.Ctx) error {
		name, _ := session.FromContext(c).Get("name").(string)
		return c.SendString(name)
	})
	app.Get(load.CountPage, func(c fiber.Ctx) error {
		s := session.FromContext(c)
		n, _ := s.Get("count").(int)
		s.Set("count", n+1)
		return c.SendString(strconv.Itoa(n + 1))
	})
	app.Get(load.SeedPage, func(c fiber.Ctx) error {
		s := session.FromContext(c)
		for k, v := range pages.Values() {
			s.Set(k, v)
		}
		s.Set("name", strings.Clone(c.Query("name")))
		s.Set("count", 0)
		return c.SendString("ok")
	})
	return func(ln net.Listener) error {
		return app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true})
	}, nil
}
