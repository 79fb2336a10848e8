package memstore

import (
	"container/heap"
	"time"
)

// An agenda is a heap of entries by when they are due to be looked at. That is
// never after they expire, but may be before: a touch does not move the entry,
// which costs nothing until it comes due and is moved then.
type agenda []*entry

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].due < a[j].due }

func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].slot, a[j].slot = i, j
}

// Push implements [heap.Interface].
func (a *agenda) Push(x any) {
	e := x.(*entry)
	e.slot = len(*a)
	*a = append(*a, e)
}

// Pop implements [heap.Interface].
func (a *agenda) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return e
}

// add enters e.
func (a *agenda) add(e *entry) {
	e.due = dueOf(e)
	heap.Push(a, e)
}

// remove strikes e out.
func (a *agenda) remove(e *entry) { heap.Remove(a, e.slot) }

// advance moves e if it expires earlier than it is due.
func (a *agenda) advance(e *entry) {
	if due := dueOf(e); due < e.due {
		e.due = due
		heap.Fix(a, e.slot)
	}
}

// postpone moves e, which has come due, to when its record expires.
func (a *agenda) postpone(e *entry) {
	e.due = dueOf(e)
	heap.Fix(a, e.slot)
}

// first returns the entry that is due first, if it is due at now.
func (a agenda) first(now time.Time) (e *entry, due bool) {
	if len(a) == 0 || a[0].due > now.UnixMilli() {
		return nil, false
	}
	return a[0], true
}

// dueOf returns the first whole millisecond at which e has expired.
func dueOf(e *entry) int64 {
	t := e.rec.Expires
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.UnixMilli() + 1
	}
	return t.UnixMilli()
}
