package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

// childEnv holds, in the environment of a process that keeps records, its
// task as JSON.
const childEnv = "COATCHECK_ENGINES_CHILD"

// A task is what a process is for.
type task struct {
	Kind    string
	Dir     string
	Durable bool
	First   int  // number of its first worker
	From    int  // its slots: of records that are there already, or that it creates
	To      int  //
	Adopt   bool // the records are there
}

// An order is one thing to do. Exactly one of the first fields is set.
type order struct {
	Op      string // let workers do this
	Size    bool   // say how much the files occupy
	Compact bool   // give back space
	Profile string // write a CPU profile to this file, until the next order of this kind; "-" ends it

	Threads int
	For     time.Duration
	Times   int
}

// An answer is what came of an order.
type answer struct {
	effort
	Bytes int64
	Error string
}

// ballast is the heap that a program with sessions has for other things. An
// almost empty one would be collected hundreds of times a second.
const ballast = 64 << 20

// serveChild is the whole life of a process that keeps records: it answers
// orders until there are no more, so that it never outlives its parent.
func serveChild(text string, in io.Reader, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	k, ok := findKind(t.Kind)
	if !ok {
		return fmt.Errorf("no engine %q", t.Kind)
	}
	e, err := k.open(setup{dir: t.Dir, durable: t.Durable})
	if err != nil {
		return err
	}
	weight := make([]byte, ballast)
	defer runtime.KeepAlive(weight)
	b := &bench{engine: e, first: t.First}
	if t.Adopt {
		b.slots = firstSlots(t.From, t.To)
	} else if err := b.load(t.From, t.To); err != nil {
		return errors.Join(err, b.close())
	}
	return errors.Join(b.answer(t, in, out), b.close())
}

// firstSlots are records as load creates them.
func firstSlots(from, to int) []slot {
	slots := make([]slot, 0, to-from)
	for i := from; i < to; i++ {
		slots = append(slots, slot{uint64(i), 1})
	}
	return slots
}

// loaders is how many goroutines create the records: those that wait for the
// disk can then be helped by each other.
const loaders = durableWriters

// load creates the records with numbers from to to.
func (b *bench) load(from, to int) error {
	if err := b.hire(loaders); err != nil {
		return err
	}
	for i, w := range b.workers {
		w.next = uint64(from+(to-from)*i/loaders) - 1 // counted up before use
	}
	if _, err := b.run((*worker).create, loaders, 0, to-from); err != nil {
		return err
	}
	for _, w := range b.workers {
		w.next = uint64(w.number+1) << 40
	}
	return nil
}

// answer says that the records are there, and then answers orders.
func (b *bench) answer(t task, in io.Reader, out io.Writer) error {
	enc, dec := json.NewEncoder(out), json.NewDecoder(in)
	a := answer{}
	for {
		if err := enc.Encode(a); err != nil {
			return err
		}
		var o order
		if err := dec.Decode(&o); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var err error
		if a, err = b.obey(t, o); err != nil {
			a.Error = err.Error()
		}
	}
}

// obey carries out one order.
func (b *bench) obey(t task, o order) (a answer, err error) {
	switch {
	case o.Size:
		a.Bytes, err = diskBytes(t.Dir)
	case o.Compact:
		err = b.compact()
	case o.Profile == "-":
		pprof.StopCPUProfile()
	case o.Profile != "":
		var f *os.File
		if f, err = os.Create(o.Profile); err == nil {
			err = pprof.StartCPUProfile(f)
		}
	default:
		var op func(*worker) error
		if op, err = findOp(o.Op); err == nil {
			a.effort, err = b.run(op, o.Threads, o.For, o.Times)
		}
	}
	return a, err
}
