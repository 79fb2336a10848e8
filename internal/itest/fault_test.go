package itest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/coatcheck/coatcheck"
)

// errLost is the answer that says nothing: the call took effect, or not, or
// will.
var errLost = errors.New("itest: connection lost")

// odds are the chances in 1,000 that a call goes wrong in one of three ways.
type odds struct {
	request int // it is never made
	answer  int // it is made, but its answer is lost
	late    int // it is made after its caller was told that it failed
}

// errVoid is the answer of a call that surely had no effect.
var errVoid = errors.New("itest: nothing has happened")

// The weathers in which histories are recorded.
var weathers = [...]odds{calm, rough, stormy}

var (
	calm   = odds{}
	rough  = odds{request: 30, answer: 40}
	stormy = odds{request: 20, answer: 30, late: 40}
)

// A faulty store passes calls on to another one, gives way to other goroutines
// around them, and loses some. It is safe for concurrent use.
type faulty struct {
	inner coatcheck.Store
	odds  odds
	late  late
	yield func() // gives way to other processes; nil where there are none
}

// A trace counts the faults that the calls under one context met. Only the
// goroutine that makes the calls uses it.
type trace struct{ faults int }

type traceKey struct{}

// traced returns a context whose faults tr counts.
func traced(ctx context.Context, tr *trace) context.Context {
	return context.WithValue(ctx, traceKey{}, tr)
}

// give lets other goroutines run, or not.
func give() {
	if rand.IntN(2) == 0 {
		runtime.Gosched()
	}
}

// give lets others run, or not.
func (f *faulty) give() {
	give()
	if f.yield != nil {
		f.yield()
	}
}

// do makes a call, or something like it.
func (f *faulty) do(ctx context.Context, call func(context.Context) error) error {
	f.late.tick()
	f.give()
	defer f.give()
	n := rand.IntN(1000)
	lost := n < f.odds.request+f.odds.answer+f.odds.late
	if !lost {
		return call(ctx)
	}
	if tr, ok := ctx.Value(traceKey{}).(*trace); ok {
		tr.faults++
	}
	switch {
	case n < f.odds.request:
	case n < f.odds.request+f.odds.answer:
		_ = call(ctx)
	default:
		// The caller's context ends with the caller.
		f.late.add(func() { _ = call(context.Background()) })
	}
	return errLost
}

// Load implements [coatcheck.Store].
func (f *faulty) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	var rec *coatcheck.Record
	err := f.do(ctx, func(ctx context.Context) (err error) {
		rec, err = f.inner.Load(ctx, id)
		return err
	})
	if err != nil {
		return nil, err // a late call may still write to rec
	}
	return rec, nil
}

// Create implements [coatcheck.Store].
func (f *faulty) Create(ctx context.Context, rec *coatcheck.Record) error {
	return f.do(ctx, func(ctx context.Context) error { return f.inner.Create(ctx, rec) })
}

// Replace implements [coatcheck.Store].
func (f *faulty) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return f.do(ctx, func(ctx context.Context) error { return f.inner.Replace(ctx, rec, old) })
}

// Touch implements [coatcheck.Store].
func (f *faulty) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return f.do(ctx, func(ctx context.Context) error { return f.inner.Touch(ctx, id, expires) })
}

// Delete implements [coatcheck.Store].
func (f *faulty) Delete(ctx context.Context, id coatcheck.ID) error {
	return f.do(ctx, func(ctx context.Context) error { return f.inner.Delete(ctx, id) })
}
