package memstore

import "sync"

// chances bounds the second chances that one eviction gives, and so its time.
const chances = 32

// A queue holds the entries that may be evicted, the next one first. Those
// that were used since they were queued get a second chance, which comes close
// to evicting the least recently used without any work when one is used.
type queue struct {
	mu          sync.Mutex
	front, back *entry
}

// push puts e at the back.
func (q *queue) push(e *entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.link(e)
}

// remove takes e out, if it is in.
func (q *queue) remove(e *entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unlink(e)
}

// pop takes out the entry to evict next, but never that of keep. It returns
// nil when there is none.
func (q *queue) pop(keep *entry) *entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n := 0; q.front != nil; n++ {
		e := q.front
		if e == keep && e == q.back {
			return nil
		}
		q.unlink(e)
		if e != keep && (n >= chances || !e.used.Swap(false)) {
			return e
		}
		q.link(e)
	}
	return nil
}

func (q *queue) link(e *entry) {
	e.prev, e.next, e.queued = q.back, nil, true
	if q.back == nil {
		q.front = e
	} else {
		q.back.next = e
	}
	q.back = e
}

func (q *queue) unlink(e *entry) {
	if !e.queued {
		return
	}
	if e.prev == nil {
		q.front = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		q.back = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next, e.queued = nil, nil, false
}
