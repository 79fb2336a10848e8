package redisstore

import (
	"context"
	"sync"
	"time"
)

// chores are small works that nobody waits for. There are never many at once:
// what finds no room is left undone, and is found again by others.
type chores struct {
	ctx    context.Context
	cancel context.CancelFunc
	room   chan struct{}

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

const (
	choresAtOnce = 32
	choreTimeout = 2 * time.Second
)

func newChores() *chores {
	ctx, cancel := context.WithCancel(context.Background())
	return &chores{ctx: ctx, cancel: cancel, room: make(chan struct{}, choresAtOnce)}
}

// add runs a chore if there is room.
func (c *chores) add(chore func(ctx context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	select {
	case c.room <- struct{}{}:
	default:
		return
	}
	c.running.Add(1)
	go func() {
		defer c.running.Done()
		defer func() { <-c.room }()
		ctx, cancel := context.WithTimeout(c.ctx, choreTimeout)
		defer cancel()
		chore(ctx)
	}()
}

// stop ends all chores and waits for them.
func (c *chores) stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}
