package main

import (
	"encoding/gob"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/memstore"
	"github.com/gin-gonic/gin"
)

// openBareGin opens gin without sessions.
func openBareGin(setup) (site, error) {
	var count atomic.Int64
	engine := newGin()
	text := func(text string) gin.HandlerFunc {
		return func(c *gin.Context) { ginText(c, text) }
	}
	engine.GET(nopPage, text("ok"))
	engine.GET(readPage, text(bareText))
	engine.GET(structPage, text(plan))
	engine.GET(seedPage, func(c *gin.Context) {
		c.SetCookie(bareCookieName, bareCookieValue, 0, "", "", false, false)
		ginText(c, "ok")
	})
	engine.GET(countPage, func(c *gin.Context) { ginText(c, strconv.Itoa(int(count.Add(1)))) })
	return &httpSite{handler: engine}, nil
}

// openGin opens gin-contrib/sessions on its store in RAM.
func openGin(set setup) (site, error) {
	gob.Register(profile{})
	gob.Register(time.Time{})
	engine := newGin()
	engine.Use(sessions.Sessions(sessionName, memstore.NewStore(newKey(32))))
	engine.GET(nopPage, func(c *gin.Context) { ginText(c, "ok") })
	engine.GET(readPage, func(c *gin.Context) {
		name, _ := sessions.Default(c).Get("name").(string)
		ginText(c, name)
	})
	engine.GET(structPage, func(c *gin.Context) {
		p, _ := sessions.Default(c).Get("profile").(profile)
		ginText(c, p.Plan)
	})
	engine.GET(countPage, func(c *gin.Context) {
		s := sessions.Default(c)
		n, _ := s.Get("count").(int)
		n++
		s.Set("count", n)
		if err := s.Save(); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err)
			return
		}
		ginText(c, strconv.Itoa(n))
	})
	for path, page := range examiningPages(set.gate) {
		engine.GET(path, func(c *gin.Context) {
			page(&httpExchange{w: c.Writer, r: c.Request, open: func(http.ResponseWriter, *http.Request) (session, error) {
				return ginSession{sessions.Default(c)}, nil
			}})
		})
	}
	return &httpSite{handler: engine}, nil
}

// newGin returns an engine that only routes.
func newGin() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	return gin.New()
}

// ginText replies without the formatting that gin's own String does.
func ginText(c *gin.Context, text string) { _, _ = c.Writer.WriteString(text) }

// A ginSession is the session of one request.
type ginSession struct{ s sessions.Session }

func (s ginSession) seed(name string) {
	texts, others := seedValues(name)
	for k, v := range texts {
		s.s.Set(k, v)
	}
	for k, v := range others {
		s.s.Set(k, v)
	}
	s.s.Set("count", 0)
}

func (s ginSession) get(key string) string { v, _ := s.s.Get(key).(string); return v }
func (s ginSession) set(key, value string) { s.s.Set(key, value) }
func (s ginSession) who() string           { return s.get("user") }
func (s ginSession) renew() error          { return errors.ErrUnsupported }
func (s ginSession) save() error           { return s.s.Save() }

func (s ginSession) login(user string) error {
	s.set("user", user)
	return nil
}

func (s ginSession) logout() error {
	s.s.Clear()
	s.s.Options(sessions.Options{Path: "/", MaxAge: -1})
	return s.s.Save()
}

// own asks for each name in turn: the interface cannot list keys.
func (s ginSession) own() int {
	n := 0
	for i := range maxOwnKeys {
		if strings.HasPrefix(s.get(ownKey(i)), "own") {
			n++
		}
	}
	return n
}
