package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/valkey-io/valkey-go"
)

// patience limits the attempts of a call whose context has no deadline.
const patience = 10 * time.Second

// A command is one that can be built anew for each attempt.
type command struct {
	op   string // how errors name it
	read bool   // it changes nothing, so it may be repeated at will

	words  []string // what stands before the keys; nil if it runs a script
	script *script  // which
	keys   []string
	args   []string
}

// build makes what a client sends, with the text of a script or its name. Only
// a cluster's client needs to know which words are keys, and that is dear.
func (c *command) build(client valkey.Client, text bool) valkey.Completed {
	words := c.words
	if c.script != nil {
		words = []string{"EVALSHA", c.script.name, itoa(len(c.keys))}
		if text {
			words[0], words[1] = "EVAL", c.script.text
		}
	}
	b := client.B().Arbitrary(words...)
	if client.Mode() == valkey.ClientModeCluster {
		b = b.Keys(c.keys...).Args(c.args...)
	} else {
		b = b.Args(c.keys...).Args(c.args...)
	}
	if c.read {
		return b.ReadOnly()
	}
	return b.Build()
}

// send sends a command until it is answered, as far as that is safe: a write is
// repeated only where nothing was done. The answer may be nil, but is never an
// error.
func (s *Store) send(ctx context.Context, l *link, c command) (valkey.ValkeyMessage, error) {
	if err := s.usable(ctx); err != nil {
		return valkey.ValkeyMessage{}, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var text bool    // send a script's text, not its name
	var before error // why the attempt before this one failed
	for try := 0; ; try++ {
		msg, client, err := s.attempt(ctx, l, c, text)
		if err == nil {
			return msg, nil
		}
		v := s.judge(ctx, err)
		if before != nil && isContext(err) {
			err = fmt.Errorf("%w, and before that %w", err, before)
		}
		before = err
		if v == textual && !text {
			text = true
			continue
		}
		if v == demoted && client != nil {
			s.retire(client)
		}
		if v == final || v == textual || v == unread && !c.read || !pause(ctx, try) {
			if s.isClosed() {
				err = errClosed
			}
			return valkey.ValkeyMessage{}, explain(c.op, err)
		}
	}
}

// attempt sends a command once.
func (s *Store) attempt(ctx context.Context, l *link, c command, text bool) (valkey.ValkeyMessage, valkey.Client, error) {
	client, err := l.client(ctx)
	if err != nil {
		return valkey.ValkeyMessage{}, nil, err
	}
	msg, err := l.do(ctx, client, c.build(client, text)).ToMessage()
	if valkey.IsValkeyNil(err) {
		err = nil
	}
	return msg, client, err
}

// bounded gives a context a deadline that has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}

// pause waits before another attempt, the longer the more there were. It
// reports whether there is time for one before the context's deadline.
func pause(ctx context.Context, try int) bool {
	rest := time.Millisecond << min(try, 6)
	rest = rest/2 + rand.N(rest)
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= rest {
		return false
	}
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
