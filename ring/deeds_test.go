package ring_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// A deed is one call of an actor to its ring, and what came of it.
type deed struct {
	who        string
	what       string // load, create, replace, end, touch, delete
	arg, old   uint64 // versions
	seconds    int    // what a touch moves the deadline to
	call, back int    // when it began and ended; back is 0 while it has not
	result     outcome
}

// An outcome is what a deed returned. Of an unknown one nothing is known.
type outcome struct {
	known   bool
	err     error // one of the contract, or nil
	version uint64
	seconds int // when the record expires
}

func (d *deed) String() string {
	r := d.result
	return fmt.Sprintf("%2d–%2d %s: %s %x over %x, %d s: known %v, %v, %x for %d s", d.call, d.back, d.who, d.what, d.arg, d.old, d.seconds, r.known, r.err, r.version, r.seconds)
}

const lifespan = 1000 // seconds until a record expires that nobody touches

func (x *explorer) record(version uint64) *coatcheck.Record {
	return &coatcheck.Record{
		ID: x.id, Owner: "owner", Data: fmt.Appendf(nil, "%d", version), Meta: []byte("meta"),
		Created: x.start, AuthTime: x.start, Version: version,
		Deadline: x.start.Add(time.Hour), Expires: x.start.Add(lifespan * time.Second),
	}
}

// do makes a call and notes it.
func (a *actor) do(d deed, call func(ctx context.Context) (*coatcheck.Record, error)) outcome {
	d.who = a.name
	a.x.mu.Lock()
	a.x.clock++
	d.call = a.x.clock
	a.x.history = append(a.x.history, &d)
	a.x.mu.Unlock()
	rec, err := call(context.Background())
	a.x.mu.Lock()
	defer a.x.mu.Unlock()
	a.x.clock++
	d.back = a.x.clock
	d.result.known = err == nil
	for _, known := range []error{coatcheck.ErrNotFound, coatcheck.ErrConflict, coatcheck.ErrExists} {
		if errors.Is(err, known) {
			d.result.known, d.result.err = true, known
		}
	}
	if !d.result.known {
		a.x.steps = append(a.x.steps, fmt.Sprintf("%s: %s returns %v", a.name, d.what, err))
		d.back = 0
	}
	if rec != nil {
		d.result.version = rec.Version
		d.result.seconds = int(rec.Expires.Sub(a.x.start) / time.Second)
		if string(rec.Data) != fmt.Sprint(rec.Version) || string(rec.Meta) != "meta" || rec.Owner != "owner" {
			d.result.version = 0 // which explains nothing
		}
	}
	return d.result
}

func (a *actor) load() outcome {
	return a.do(deed{what: "load"}, func(ctx context.Context) (*coatcheck.Record, error) { return a.ring.Load(ctx, a.x.id) })
}

func (a *actor) create(version uint64) outcome {
	return a.do(deed{what: "create", arg: version}, func(ctx context.Context) (*coatcheck.Record, error) {
		return nil, a.ring.Create(ctx, a.x.record(version))
	})
}

func (a *actor) replace(old, version uint64) outcome {
	return a.do(deed{what: "replace", arg: version, old: old}, func(ctx context.Context) (*coatcheck.Record, error) {
		return nil, a.ring.Replace(ctx, a.x.record(version), old)
	})
}

// end replaces a record by one that has ended.
func (a *actor) end(old, version uint64) outcome {
	rec := a.x.record(version)
	rec.Owner, rec.Deadline, rec.Expires = "", a.x.start, a.x.start
	return a.do(deed{what: "end", arg: version, old: old}, func(ctx context.Context) (*coatcheck.Record, error) {
		return nil, a.ring.Replace(ctx, rec, old)
	})
}

// update replaces what a load finds.
func (a *actor) update(version uint64) {
	if got := a.load(); got.version != 0 {
		a.replace(got.version, version)
	}
}

func (a *actor) touch(seconds int) outcome {
	return a.do(deed{what: "touch", seconds: seconds}, func(ctx context.Context) (*coatcheck.Record, error) {
		return nil, a.ring.Touch(ctx, a.x.id, a.x.start.Add(time.Duration(seconds)*time.Second))
	})
}

func (a *actor) delete() outcome {
	return a.do(deed{what: "delete"}, func(ctx context.Context) (*coatcheck.Record, error) { return nil, a.ring.Delete(ctx, a.x.id) })
}

// rebalance is no deed: it must have no effect that anybody sees.
func (a *actor) rebalance() {
	_, err := a.ring.Rebalance(context.Background(), &ring.RebalanceOptions{PerSecond: -1})
	a.outcome(err)
}

// A truth is what the store would hold if there were only one.
type truth struct {
	live    bool
	version uint64
	seconds int
}

// after returns the truth after d, and whether d's result fits.
func (s truth) after(d *deed) (truth, bool) {
	var want outcome
	next := s
	switch {
	case d.what == "create" && s.live:
		want.err = coatcheck.ErrExists
	case d.what == "create":
		next = truth{true, d.arg, lifespan}
	case d.what == "delete":
		next = truth{}
	case !s.live:
		want.err = coatcheck.ErrNotFound
	case d.what == "load":
		want.version, want.seconds = s.version, s.seconds
	case d.what == "touch":
		next.seconds = max(s.seconds, d.seconds)
	case s.version != d.old:
		want.err = coatcheck.ErrConflict
	case d.what == "end":
		next = truth{}
	default:
		next = truth{true, d.arg, max(s.seconds, lifespan)}
	}
	want.known = true
	return next, !d.result.known || want == d.result
}

// linearizable reports whether there is an order of the deeds, in which each
// lies between its call and its return, that explains all results. One of
// unknown outcome may have happened at any time after its call, or never.
func linearizable(history []*deed) bool {
	type key struct {
		done uint64
		s    truth
	}
	failed := map[key]bool{}
	var try func(done uint64, s truth) bool
	try = func(done uint64, s truth) bool {
		if failed[key{done, s}] {
			return false
		}
		first, open := 1<<30, false // the earliest return of what is not done
		for i, d := range history {
			if done>>i&1 == 0 && d.back != 0 {
				open = true
				first = min(first, d.back)
			}
		}
		if !open {
			return true
		}
		for i, d := range history {
			if done>>i&1 != 0 || d.call > first {
				continue
			}
			if next, fits := s.after(d); fits && try(done|1<<i, next) {
				return true
			}
		}
		failed[key{done, s}] = true
		return false
	}
	return try(0, truth{})
}
