package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

var contextChecks = []check{
	{"that is cancelled is the error of every method", func(p *probe) {
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		p.refusesAll(ctx, context.Canceled)
	}},
	{"that is past its deadline is the error of every method", func(p *probe) {
		ctx, cancel := context.WithDeadline(p.ctx, time.Now().Add(-time.Second))
		defer cancel()
		p.refusesAll(ctx, context.DeadlineExceeded)
	}},
	{"that is cancelled keeps Create from having an effect", func(p *probe) {
		ctx, rec := p.cancelled(), p.fresh()
		p.wants("Create", p.store.Create(ctx, rec), context.Canceled)
		p.absent(rec.ID)
	}},
	{"that is cancelled keeps Replace from having an effect", func(p *probe) {
		ctx, rec := p.cancelled(), p.stored(p.fresh())
		p.wants("Replace", p.store.Replace(ctx, successor(rec), rec.Version), context.Canceled)
		p.holds(rec)
	}},
	{"that is cancelled keeps Touch from having an effect", func(p *probe) {
		ctx, rec := p.cancelled(), p.stored(p.fresh())
		p.wants("Touch", p.store.Touch(ctx, rec.ID, rec.Deadline), context.Canceled)
		p.holds(rec)
	}},
	{"that is cancelled keeps Delete from having an effect", func(p *probe) {
		ctx, rec := p.cancelled(), p.stored(p.fresh())
		p.wants("Delete", p.store.Delete(ctx, rec.ID), context.Canceled)
		p.holds(rec)
	}},
	{"that is cancelled on the way leaves the old record or the new one", func(p *probe) {
		for looks := range 12 {
			// Another one each time: where the store is far away, a Replace
			// may land after it was given up.
			rec := p.stored(p.fresh())
			next := successor(rec)
			err := p.handle(looks).Replace(newFading(p.ctx, looks), next, rec.Version)
			if err != nil && !errors.Is(err, context.Canceled) {
				p.Errorf("Replace with a context that is cancelled meanwhile: %v", err)
			}
			got := p.load(rec.ID)
			if old := difference(got, rec); old != "" {
				if d := difference(got, next); d != "" {
					p.Fatalf("Load: neither the old record (%s) nor the new one (%s)", old, d)
				}
			}
		}
	}},
}

// cancelled returns a context that is done.
func (p *probe) cancelled() context.Context {
	ctx, cancel := context.WithCancel(p.ctx)
	cancel()
	return ctx
}

// refusesAll checks that every method, the optional ones too, returns the error
// of a context that is done, and has no effect.
func (p *probe) refusesAll(ctx context.Context, want error) {
	p.Helper()
	rec, absent := p.stored(p.fresh()), p.fresh()
	_, err := p.store.Load(ctx, rec.ID)
	p.wants("Load", err, want)
	p.wants("Create", p.store.Create(ctx, absent), want)
	p.wants("Replace", p.store.Replace(ctx, successor(rec), rec.Version), want)
	p.wants("Touch", p.store.Touch(ctx, rec.ID, rec.Deadline), want)
	p.wants("Delete", p.store.Delete(ctx, rec.ID), want)
	p.holds(rec)
	p.absent(absent.ID)

	can := coatcheck.CapabilitiesOf(p.store)
	if can.List {
		_, _, err := p.lister().List(ctx, "", 10)
		p.wants("List", err, want)
	}
	if can.Owners {
		_, _, err := p.ownerIndex().Owned(ctx, rec.Owner, "", 10)
		p.wants("Owned", err, want)
	}
	if can.Sweep {
		_, err := p.sweeper().Sweep(ctx, p.now(), "", 10)
		p.wants("Sweep", err, want)
	}
	if can.Stat {
		_, err := p.stater().Stat(ctx)
		p.wants("Stat", err, want)
	}
	if can.Watch {
		p.wants("Watch", p.watcher().Watch(ctx, func(coatcheck.Change) {}), want)
	}
}

// A fading context is cancelled when it has been looked at so many times. A
// cancellation at a random moment would hardly ever meet a store in memory in
// the middle of a call.
type fading struct {
	context.Context
	cancel context.CancelFunc
	looks  *atomic.Int64
}

func newFading(parent context.Context, looks int) fading {
	ctx, cancel := context.WithCancel(parent)
	f := fading{ctx, cancel, new(atomic.Int64)}
	f.looks.Store(int64(looks))
	return f
}

func (f fading) look() {
	if f.looks.Add(-1) < 0 {
		f.cancel()
	}
}

// Err implements [context.Context].
func (f fading) Err() error {
	f.look()
	return f.Context.Err()
}

// Done implements [context.Context].
func (f fading) Done() <-chan struct{} {
	f.look()
	return f.Context.Done()
}
