package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A worker works on slots of its own, so that it knows what each get has to
// return, with a hand of its own.
type worker struct {
	number  int // unique among all processes
	hand    hand
	slots   []slot
	next    uint64 // number of the next record that it creates
	rng     *rand.Rand
	payload []byte
	expires int64 // later with every use
}

const (
	idleTime     = 30 * time.Minute
	absoluteTime = 24 * time.Hour
)

func newWorker(h hand, number int) *worker {
	return &worker{
		number: number, hand: h, next: uint64(number+1) << 40,
		rng: rand.New(rand.NewPCG(uint64(number), 7)), payload: newPayload(),
		expires: time.Now().Add(idleTime).UnixMilli(),
	}
}

// ops are what a worker can do, by the names of the columns.
var ops = map[string]func(*worker) error{
	"get":    (*worker).get,
	"touch":  (*worker).touch,
	"put":    (*worker).put,
	"90/10":  (*worker).mixed,
	"churn":  (*worker).churn,
	"create": (*worker).create,
	"remove": (*worker).remove,
	"verify": (*worker).verifyNext,
}

// opNames are the columns of the tables.
var opNames = []string{"get", "touch", "put", "90/10", "churn"}

// pick returns one of the slots, uniformly.
func (w *worker) pick() *slot { return &w.slots[w.rng.IntN(len(w.slots))] }

func (w *worker) get() error { return w.check(w.pick()) }

func (w *worker) check(s *slot) error {
	version, payload, err := w.hand.get(s.id())
	if err != nil {
		return err
	}
	return s.verify(version, payload)
}

func (w *worker) touch() error {
	w.expires++
	return w.hand.touch(w.pick().id(), w.expires)
}

func (w *worker) put() error {
	s := w.pick()
	next := slot{s.number, s.version + 1}
	if err := w.hand.replace(s.id(), s.version, w.record(next)); err != nil {
		return err
	}
	*s = next
	return nil
}

func (w *worker) mixed() error {
	if w.rng.IntN(10) == 0 {
		return w.put()
	}
	return w.get()
}

func (w *worker) churn() error {
	s, next := w.pick(), w.fresh()
	if err := w.hand.create(next.id(), w.record(next)); err != nil {
		return err
	}
	if err := w.hand.remove(s.id()); err != nil {
		return err
	}
	*s = next
	return nil
}

// create adds a record and a slot.
func (w *worker) create() error {
	s := w.fresh()
	if err := w.hand.create(s.id(), w.record(s)); err != nil {
		return err
	}
	w.slots = append(w.slots, s)
	return nil
}

// remove deletes a record and its slot.
func (w *worker) remove() error {
	s := w.pick()
	if err := w.hand.remove(s.id()); err != nil {
		return err
	}
	*s = w.slots[len(w.slots)-1]
	w.slots = w.slots[:len(w.slots)-1]
	return nil
}

// verifyNext checks one slot after the other.
func (w *worker) verifyNext() error {
	w.next++
	s := &w.slots[w.next%uint64(len(w.slots))]
	return w.check(s)
}

// fresh returns the slot of a record that nobody has created yet.
func (w *worker) fresh() slot {
	w.next++
	return slot{number: w.next, version: 1}
}

// record returns the slot's record. It is good until the next call.
func (w *worker) record(s slot) record {
	s.stamp(w.payload)
	w.expires++
	return record{
		version: s.version, payload: w.payload,
		expires: w.expires, deadline: w.expires + absoluteTime.Milliseconds(),
	}
}

// findOp returns what a worker does under that name.
func findOp(name string) (func(*worker) error, error) {
	op := ops[name]
	if op == nil {
		return nil, fmt.Errorf("no operation %q", name)
	}
	return op, nil
}
