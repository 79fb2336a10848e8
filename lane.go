package coatcheck

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// lanes queue the saves of one session inside this process, so that they do
// not fight for its version: without them, of 32 writers 31 lose each round.
// Sessions never wait for each other.
//
// A lane is not a lock that guards correctness: the store's versions do.
// Waiting is bounded, and update functions may run inside.
type lanes struct {
	shards [64]struct {
		mu sync.Mutex
		m  map[ID]*lane
		_  [48]byte // a cache line of its own
	}
}

// A lane is the queue of one session. It exists while somebody saves.
type lane struct {
	id      ID
	inUse   atomic.Bool // it stands in the map of some shard
	waiters int
	turn    chan struct{} // gives the lane to the next waiter; nil before the first

	// The holder's own, without the lock.
	last *Record // the last record saved through this lane
	run  int     // saves in a row without a load
}

// maxRun bounds how many saves in a row reuse the lane's record: after them
// the lane pauses, so that another process gets a word in.
const maxRun = 64

func newLanes() *lanes {
	l := new(lanes)
	for i := range l.shards {
		l.shards[i].m = make(map[ID]*lane)
	}
	return l
}

// enter waits for the lane of id, at most for timeout. It uses spare if that
// is free, else it allocates.
func (ls *lanes) enter(ctx context.Context, id ID, spare *lane, timeout time.Duration) (*lane, error) {
	sh := &ls.shards[id[0]%64]
	sh.mu.Lock()
	l := sh.m[id]
	if l == nil {
		if l = spare; l.inUse.Load() {
			l = new(lane)
		}
		l.id, l.turn, l.last, l.run = id, nil, nil, 0
		l.inUse.Store(true)
		sh.m[id] = l
		sh.mu.Unlock()
		return l, nil
	}
	l.waiters++
	if l.turn == nil {
		l.turn = make(chan struct{}, 1)
	}
	sh.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-l.turn:
		return l, nil
	case <-ctx.Done():
		ls.abandon(l)
		return nil, ctx.Err()
	case <-timer.C:
		ls.abandon(l)
		return nil, fmt.Errorf("%w: waited %v for other saves of this session", ErrConflict, timeout)
	}
}

// abandon takes a waiter out. If it was given the lane in the same moment it
// passes it on.
func (ls *lanes) abandon(l *lane) {
	sh := &ls.shards[l.id[0]%64]
	sh.mu.Lock()
	select {
	case <-l.turn:
		sh.mu.Unlock()
		ls.leave(l)
	default:
		l.waiters--
		sh.mu.Unlock()
	}
}

// ahead returns the last record saved through the lane if it is younger than
// rec, else nil. No lane knows of none.
func (l *lane) ahead(rec *Record) *Record {
	if l != nil && l.last != nil && l.last.Version>>32 > rec.Version>>32 {
		return l.last
	}
	return nil
}

// note keeps the record that the holder has saved.
func (l *lane) note(rec *Record) {
	if l != nil {
		l.last = rec
	}
}

// leave gives the lane to the longest waiter, or removes it. Leaving none is
// allowed.
func (ls *lanes) leave(l *lane) {
	if l == nil {
		return
	}
	sh := &ls.shards[l.id[0]%64]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if l.waiters == 0 {
		delete(sh.m, l.id)
		l.inUse.Store(false)
		return
	}
	l.waiters--
	l.turn <- struct{}{}
}
