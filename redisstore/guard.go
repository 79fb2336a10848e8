package redisstore

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
)

// A guard is a connection that ends, with an error, at what no server should
// send: lengths and numbers past all measure, at which the client would panic or
// take all memory, and answers that nobody has asked for, behind which everybody
// would get the answer to somebody else's question.
type guard struct {
	net.Conn
	in, out frames
	counted bool
	owed    atomic.Int64 // answers to what was sent
}

// dialGuarded makes such a connection. With counted, answers must not be more
// than commands: those of subscriptions to a sentinel may be.
func dialGuarded(counted bool) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	return func(ctx context.Context, addr string, dialer *net.Dialer, conf *tls.Config) (net.Conn, error) {
		var conn net.Conn
		var err error
		if conf == nil {
			conn, err = dialer.DialContext(ctx, "tcp", addr)
		} else {
			conn, err = (&tls.Dialer{NetDialer: dialer, Config: conf}).DialContext(ctx, "tcp", addr)
		}
		if err != nil {
			return nil, err
		}
		return &guard{Conn: conn, counted: counted}, nil
	}
}

// Read reads what the server sends. Of what is wrong it passes nothing on.
func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if bad := g.in.feed(b[:n], g.answered); bad != nil {
		_ = g.Conn.Close()
		return 0, bad
	}
	return n, err
}

// answered takes an answer down. What the server says unasked is none.
func (g *guard) answered(typ byte) error {
	if typ != '>' && g.counted && g.owed.Add(-1) < 0 {
		return badFrames("an answer that nobody asked for")
	}
	return nil
}

// Write sends commands, and takes down how many those are.
func (g *guard) Write(b []byte) (int, error) {
	if g.counted {
		// What the client writes is sound, but may be larger than any answer.
		_ = g.out.feed(b, func(byte) error { g.owed.Add(1); return nil })
	}
	return g.Conn.Write(b)
}
