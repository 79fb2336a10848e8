// Package bench measures how long a store takes for each of its operations, on
// sessions of its own, which it removes.
package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a measurement.
type Options struct {
	Calls   int // of each operation on each store
	Clients int // calls at a time
	Rounds  int // the stores take turns so often

	// Record makes a new record. It is called by one goroutine at a time.
	Record func() (*coatcheck.Record, error)

	// Report is told after each operation of a round how many calls there
	// were.
	Report func(calls int)
}

// Operations are what is measured, in their order.
var operations = []string{"create", "load", "replace", "touch", "delete"}

// A Result is what came of one operation on one store.
type Result struct {
	Operation string
	Calls     Sample
	Busy      time.Duration // for which calls were under way
}

// PerSecond is how many calls there were in a second.
func (r *Result) PerSecond() float64 {
	if r.Busy <= 0 {
		return 0
	}
	return float64(r.Calls.Len()) / r.Busy.Seconds()
}

// Run measures stores, which take turns so that what else the machine does
// meets all alike. It returns the results of each, in the order of operations.
// Whatever happens, it removes what it has made, or says that it could not.
func Run(ctx context.Context, stores []coatcheck.Store, o *Options) ([][]Result, error) {
	all := make([][]Result, len(stores))
	for i := range all {
		for _, name := range operations {
			all[i] = append(all[i], Result{Operation: name})
		}
	}
	left := o.Calls
	for round := range o.Rounds {
		n := left / (o.Rounds - round)
		left -= n
		for i, store := range stores {
			if err := turn(ctx, store, n, o, all[i]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// turn runs all operations on n new records of a store.
func turn(ctx context.Context, store coatcheck.Store, n int, o *Options, results []Result) (err error) {
	recs := make([]*coatcheck.Record, n)
	for i := range recs {
		if recs[i], err = o.Record(); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(ctx, store, recs))
		}
	}()
	for k := range results {
		r := &results[k]
		begun := time.Now()
		took, err := each(ctx, recs, o.Clients, func(i int) error { return call(ctx, store, r.Operation, recs[i]) })
		if err != nil {
			return fmt.Errorf("%s: %w", r.Operation, err)
		}
		r.Busy += time.Since(begun)
		r.Calls.add(took)
		o.Report(n)
	}
	return nil
}

// call calls one operation.
func call(ctx context.Context, store coatcheck.Store, operation string, rec *coatcheck.Record) error {
	switch operation {
	case "create":
		return store.Create(ctx, rec)
	case "load":
		_, err := store.Load(ctx, rec.ID)
		return err
	case "replace":
		next := *rec
		next.Version++
		return store.Replace(ctx, &next, rec.Version)
	case "touch":
		return store.Touch(ctx, rec.ID, rec.Expires)
	default:
		return store.Delete(ctx, rec.ID)
	}
}

// each calls fn for every record, so many at a time, and returns how long each
// call took. The first error ends it.
func each(ctx context.Context, recs []*coatcheck.Record, clients int, fn func(i int) error) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	took := make([]time.Duration, len(recs))
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := c; i < len(recs) && ctx.Err() == nil; i += clients {
				begun := time.Now()
				if err := fn(i); err != nil {
					cancel(err)
					return
				}
				took[i] = time.Since(begun)
			}
		})
	}
	all.Wait()
	return took, context.Cause(ctx)
}

// patience is how long the removal of what was made may take after a failure.
const patience = 10 * time.Second

// remove deletes records, also when ctx has ended. Those that it leaves expire.
func remove(ctx context.Context, store coatcheck.Store, recs []*coatcheck.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for i, rec := range recs {
		if err := store.Delete(ctx, rec.ID); err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
			return fmt.Errorf("some of up to %d sessions made for this stay until they expire in a few minutes: %w", len(recs)-i, err)
		}
	}
	return nil
}
