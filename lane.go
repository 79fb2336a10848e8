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
	shards [laneShards]laneShard
}

// laneShards is enough for few lanes to stand in one shard, even when many
// thousand requests wait for a slow store.
const laneShards = 256

// A laneShard holds the lanes of the sessions whose IDs begin with one byte:
// a list, since there is seldom more than one.
type laneShard struct {
	mu    sync.Mutex
	first *lane
	_     [48]byte // a cache line of its own
}

// A lane is the queue of one session. It exists while somebody saves.
type lane struct {
	id      *ID
	next    *lane       // in its shard
	inUse   atomic.Bool // it stands in some shard
	waiters int32
	turn    chan struct{} // gives the lane to the next waiter; nil before the first

	// The holder's own, without the lock.
	last *Record // the last record saved through this lane
	run  int32   // saves in a row without a load
}

// maxRun bounds how many saves in a row reuse the lane's record: after them
// the lane pauses, so that another process gets a word in.
const maxRun = 64

func (ls *lanes) shard(id *ID) *laneShard { return &ls.shards[id[0]] }

// find returns the lane of id, or nil. The caller holds mu, as for the others.
func (sh *laneShard) find(id *ID) *lane {
	l := sh.first
	for l != nil && *l.id != *id {
		l = l.next
	}
	return l
}

// add makes l the lane of id.
func (sh *laneShard) add(l *lane, id *ID) {
	l.id, l.next, l.turn, l.last, l.run = id, sh.first, nil, nil, 0
	l.inUse.Store(true)
	sh.first = l
}

// remove takes l out.
func (sh *laneShard) remove(l *lane) {
	at := &sh.first
	for *at != l {
		at = &(*at).next
	}
	*at, l.next = l.next, nil
	l.inUse.Store(false)
}

// enter waits for the lane of id, at most for timeout. It uses spare if that
// is free, else it allocates.
func (ls *lanes) enter(ctx context.Context, id *ID, spare *lane, timeout time.Duration) (*lane, error) {
	sh := ls.shard(id)
	sh.mu.Lock()
	l := sh.find(id)
	if l == nil {
		if l = spare; l.inUse.Load() {
			l = new(lane)
		}
		sh.add(l, id)
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
	sh := ls.shard(l.id)
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
	sh := ls.shard(l.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if l.waiters == 0 {
		sh.remove(l)
		return
	}
	l.waiters--
	l.turn <- struct{}{}
}
