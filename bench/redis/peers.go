package main

import (
	"net"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/boj/redistore"
	redigo "github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"

	"github.com/coatcheck/coatcheck/bench/pages"
)

// openClient opens go-redis with a pool.
func openClient(p place) *goredis.Client {
	return goredis.NewClient(&goredis.Options{Addr: p.Addr, Password: p.Password, PoolSize: p.Pool})
}

func openSCS(p place) (func(net.Listener) error, error) {
	return pages.Serve(pages.SCS(goredisstore.New(openClient(p)))), nil
}

// openGorilla opens gorilla/sessions on redigo. The pool that redistore makes
// by itself sends a PING before every command; this one spares it that.
func openGorilla(p place) (func(net.Listener) error, error) {
	store, err := redistore.NewRediStoreWithPool(&redigo.Pool{
		MaxIdle: p.Pool,
		Dial: func() (redigo.Conn, error) {
			return redigo.Dial("tcp", p.Addr, redigo.DialPassword(p.Password))
		},
	}, pages.GorillaKey())
	if err != nil {
		return nil, err
	}
	return pages.Serve(pages.Gorilla(store)), nil
}
