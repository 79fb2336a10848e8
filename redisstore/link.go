package redisstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"
)

// A link leads to the servers. It makes its client at the first call, so that
// a program may start before its servers do, and another one when a server has
// become a replica behind our back.
type link struct {
	connect func() (valkey.Client, error) // nil: the client is the caller's

	current  atomic.Pointer[valkey.Client]
	pipeline pipeline
	sick     atomic.Bool // the last call had no answer

	mu      sync.Mutex
	attempt *attempt
	retired time.Time
	closed  chan struct{}
}

// An attempt is one to connect, for which many may wait.
type attempt struct {
	done   chan struct{}
	client valkey.Client
	err    error
}

func newLink(connect func() (valkey.Client, error)) *link {
	return &link{connect: connect, closed: make(chan struct{})}
}

// givenLink is the link over a client of the caller's.
func givenLink(client valkey.Client) *link {
	l := newLink(nil)
	l.current.Store(&client)
	return l
}

// client returns the client, and connects if there is none.
func (l *link) client(ctx context.Context) (valkey.Client, error) {
	if c := l.current.Load(); c != nil {
		return *c, nil
	}
	a, err := l.join()
	if err != nil {
		return nil, err
	}
	select {
	case <-a.done:
		return a.client, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join returns the attempt that is under way, or a new one.
func (l *link) join() (*attempt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return nil, errClosed
	}
	if l.attempt == nil {
		l.attempt = &attempt{done: make(chan struct{})}
		if c := l.current.Load(); c != nil { // it has just succeeded
			a := l.attempt
			l.attempt, a.client = nil, *c
			close(a.done)
			return a, nil
		}
		go l.run(l.attempt)
	}
	return l.attempt, nil
}

func (l *link) run(a *attempt) {
	client, err := l.connect()
	if err != nil && client != nil {
		client.Close()
		client = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	defer close(a.done)
	l.attempt = nil
	switch {
	case err != nil:
		a.err = &dialError{err}
	case l.isClosed():
		a.err = errClosed
		go client.Close()
	default:
		a.client = client
		l.current.Store(&client)
	}
}

// retireRest is the least time between two clients.
const retireRest = time.Second

// retire lets the next call connect anew. Calls under way on the old client
// may end there. It reports whether it did: not for a cluster's client, which
// follows its servers.
func (l *link) retire(old valkey.Client) bool {
	if l.connect == nil || old.Mode() == valkey.ClientModeCluster {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.current.Load()
	if l.isClosed() || c == nil || *c != old || time.Since(l.retired) < retireRest {
		return false
	}
	l.retired = time.Now()
	l.current.Store(nil)
	go func() {
		select {
		case <-time.After(patience):
		case <-l.closed:
		}
		old.Close()
	}()
	return true
}

func (l *link) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// close closes the client unless it is the caller's. The second time it has no
// effect.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return
	}
	close(l.closed)
	if c := l.current.Swap(nil); c != nil && l.connect != nil {
		(*c).Close()
	}
}

// do sends one command and waits for its answer, within the context. While
// the servers do not answer it waits aside: the client lets a call that needs
// a new connection wait for one that another call is making. To the servers of
// a cluster commands go one by one, lest those of one wait for another, and a
// client of the caller's may do with them as it was told.
func (l *link) do(ctx context.Context, client valkey.Client, cmd valkey.Completed) valkey.ValkeyResult {
	switch {
	case l.sick.Load():
	case l.connect != nil && client.Mode() != valkey.ClientModeCluster:
		return l.look(l.pipeline.do(ctx, client, cmd))
	default:
		return l.look(client.Do(ctx, cmd))
	}
	return aside(ctx, func(ctx context.Context) valkey.ValkeyResult { return l.look(client.Do(ctx, cmd)) },
		valkey.NewErrorResult)
}

// look takes down whether there was an answer.
func (l *link) look(r valkey.ValkeyResult) valkey.ValkeyResult {
	if sick := r.NonValkeyError() != nil; sick != l.sick.Load() {
		l.sick.Store(sick)
	}
	return r
}

// aside runs call on a goroutine and waits for it within the context, which has
// a deadline. The call has a context of its own, since it may outlast the
// caller's.
func aside[T any](ctx context.Context, call func(context.Context) T, failed func(error) T) T {
	end, _ := ctx.Deadline()
	own, cancel := context.WithDeadline(context.Background(), end)
	done := make(chan T, 1)
	go func() {
		defer cancel()
		done <- call(own)
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		cancel()
		return failed(ctx.Err())
	}
}
