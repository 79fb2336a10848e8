package hashstore

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// A lock is held for the time of one change. With a map it is a word in the
// file: who dies with it leaves it to the next, who finds out from the kernel
// whether its owner is alive and repairs what is half done. Without a map it is
// a lock of the file, which the kernel takes from the dead.
type lock struct {
	mem  *memory
	me   uint64        // what we write into the word: process slot and incarnation
	file fileLock      // nil with a map
	turn chan struct{} // among the goroutines, without a map
	dead func(owner uint64) bool

	// order is stored before the word in the map is given up and loaded after
	// it is taken. It orders what the holders do to memory of the process
	// in the eyes of the race detector, which does not look into maps.
	order atomic.Uint32
}

// A fileLock locks the whole file against everybody, other opens in this
// process included.
type fileLock interface {
	tryLock() (bool, error)
	unlock() error
}

// How long to wait for the lock before doing what costs more.
const (
	spins      = 64
	yields     = 64
	firstPause = 20 * time.Microsecond
	lastPause  = time.Millisecond
	askAfter   = 2 * time.Millisecond // before the kernel is asked about the owner
)

// take takes the lock. stolen says that it was a dead one's.
func (l *lock) take(ctx context.Context) (stolen bool, err error) {
	if l.file == nil {
		stolen, err = l.takeWord(ctx, ctlLock)
		l.order.Load()
		return stolen, err
	}
	select {
	case l.turn <- struct{}{}:
	default:
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := l.takeFile(ctx); err != nil {
		<-l.turn
		return false, err
	}
	defer func() {
		if r := recover(); r != nil { // the page cannot be read
			l.mem.dropPage()
			l.file.unlock()
			<-l.turn
			panic(r)
		}
	}()
	// Whoever leaves this word set was killed before give. The same word
	// serves in both forms, so that the repair does, too.
	l.mem.keepPage()
	stolen = l.mem.load(ctlLock) != 0
	l.mem.store(ctlLock, l.me)
	return stolen, nil
}

// give gives the lock back.
func (l *lock) give() {
	if l.file == nil {
		l.order.Store(1)
		// Not a plain store: after Close somebody may have taken it.
		l.mem.swap(ctlLock, l.me, 0)
		return
	}
	defer func() { <-l.turn }()
	defer l.file.unlock()
	defer l.mem.dropPage()
	l.mem.store(ctlLock, 0)
}

// takeFile waits for the lock of the file. There is no way to sleep until it
// is free that a context could end.
func (l *lock) takeFile(ctx context.Context) error {
	for pause := time.Duration(0); ; pause = nextPause(pause) {
		ok, err := l.file.tryLock()
		if ok || err != nil {
			return err
		}
		if err := rest(ctx, pause, time.Sleep); err != nil {
			return err
		}
	}
}

// takeWord waits for the lock word at off.
func (l *lock) takeWord(ctx context.Context, off int64) (stolen bool, err error) {
	if l.mem.swap(off, 0, l.me) || l.spin(off) {
		return false, nil
	}
	for range yields {
		runtime.Gosched()
		if l.free(off) {
			return false, nil
		}
	}
	var since time.Time
	var owner uint64
	for pause := firstPause; ; pause = nextPause(pause) {
		switch cur := l.mem.load(off); {
		case cur == 0:
			if l.mem.swap(off, 0, l.me) {
				return false, nil
			}
		case cur != owner:
			owner, since = cur, time.Now()
		case time.Since(since) >= askAfter:
			if l.dead(cur) && l.mem.swap(off, cur, l.me) {
				return true, nil
			}
			since = time.Now()
		}
		if owner == l.me {
			// A goroutine of ours has it, and gets on best if left alone.
			if err := rest(ctx, pause, time.Sleep); err != nil {
				return false, err
			}
			continue
		}
		// One look after each pause would seldom find it free: a process that
		// does not sleep takes it again and again.
		if l.spin(off) {
			return false, nil
		}
		if err := rest(ctx, pause, nap); err != nil {
			return false, err
		}
	}
}

// spin takes the lock word at off if it becomes free soon.
func (l *lock) spin(off int64) bool {
	for range spins {
		if l.free(off) {
			return true
		}
	}
	return false
}

// free takes the lock word at off if it is free. The first look leaves it in the
// cache of the processor that holds it.
func (l *lock) free(off int64) bool {
	return l.mem.load(off) == 0 && l.mem.swap(off, 0, l.me)
}

func nextPause(d time.Duration) time.Duration { return min(max(2*d, firstPause), lastPause) }

// rest waits for d or the end of the context. What is shorter than the longest
// pause is left to sleep.
func rest(ctx context.Context, d time.Duration, sleep func(time.Duration)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d < lastPause {
		sleep(d)
		return nil
	}
	if ctx.Done() == nil {
		time.Sleep(d)
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
