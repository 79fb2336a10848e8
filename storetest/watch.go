package storetest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

var watchChecks = []check{
	{"reports every change in order, a deletion as version 0", func(p *probe) {
		w := p.watch(nil)
		rec := p.stored(p.fresh())
		versions := []uint64{rec.Version}
		for range 10 {
			next := successor(rec)
			p.replace(next, rec.Version)
			versions = append(versions, next.Version)
			rec = next
		}
		p.delete(rec.ID)
		w.reports(rec.ID, append(versions, 0))
	}},
	{"reports a record that is created again", func(p *probe) {
		w := p.watch(nil)
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		again := p.stored(newRecord(rec.ID, randomOwner(), p.now()))
		w.reports(rec.ID, []uint64{rec.Version, 0, again.Version})
	}},
	{"reports nothing for a call that changes nothing", func(p *probe) {
		rec := p.stored(p.fresh())
		absent := p.fresh()
		w := p.watch(nil)
		p.wants("Replace at another version", p.store.Replace(p.ctx, successor(rec), rec.Version+1), coatcheck.ErrConflict)
		p.wants("Create over a live record", p.store.Create(p.ctx, newRecord(rec.ID, "", p.now())), coatcheck.ErrExists)
		p.wants("Replace of an absent record", p.store.Replace(p.ctx, absent, 1), coatcheck.ErrNotFound)
		next := successor(rec)
		p.replace(next, rec.Version)
		w.reports(rec.ID, []uint64{next.Version})
		if seen := w.versions(absent.ID); len(seen) > 0 {
			p.Errorf("Watch: an ID that never was has the versions %d", seen)
		}
	}},
	{"keeps the order of each ID when many change at once", watchBusy},
	{"calls back one at a time", func(p *probe) {
		var inside atomic.Int32
		w := p.watch(func() {
			if inside.Add(1) != 1 {
				p.Error("Watch: a call began before the one before had ended")
			}
			runtime.Gosched()
			inside.Add(-1)
		})
		recs := make([]*coatcheck.Record, 30)
		for i := range recs {
			recs[i] = p.fresh()
		}
		crowd(workers(rivals, func(i int) {
			for _, rec := range recs[i*5 : i*5+5] {
				if err := p.handle(i).Create(p.ctx, rec); err != nil {
					p.Errorf("Create: %v", err)
				}
			}
		})...)
		for _, rec := range recs {
			w.reports(rec.ID, []uint64{rec.Version})
		}
	}},
	{"lets several watch", func(p *probe) {
		one, two := p.watch(nil), p.watch(nil)
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		one.reports(rec.ID, []uint64{rec.Version, 0})
		two.reports(rec.ID, []uint64{rec.Version, 0})
	}},
	{"ends with the error of its context and calls back no more", func(p *probe) {
		w := p.watch(nil)
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			p.Errorf("Watch: error is %v, want %v", err, context.Canceled)
		}
		before := w.calls()
		other := p.watch(nil)
		rec := p.stored(p.fresh())
		other.reports(rec.ID, []uint64{rec.Version})
		if w.calls() != before {
			p.Error("Watch: there was a call after it had returned")
		}
	}},
	{"that is slow holds nobody up and is told what it missed", watchSlowly},
}

// A watch is a running Watch and what it has reported.
type watch struct {
	p      *probe
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	changes []coatcheck.Change
	lost    bool
}

// watch begins to watch and returns when changes arrive. Each runs within, if
// that is not nil, before it is taken down.
func (p *probe) watch(within func()) *watch {
	p.Helper()
	ctx, cancel := context.WithCancel(p.ctx)
	w := &watch{p: p, cancel: cancel, ended: make(chan error, 1)}
	watcher := p.watcher()
	go func() {
		w.ended <- watcher.Watch(ctx, func(c coatcheck.Change) {
			if within != nil {
				within()
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
			w.lost = w.lost || c.Lost
		})
	}()
	p.Cleanup(func() { w.stop() })
	// Nothing tells when "from now on" is but a change that is reported. A store
	// of several parts may begin to watch them one by one.
	recs := make([]*coatcheck.Record, heralds)
	for i := range recs {
		recs[i] = p.stored(p.fresh())
	}
	p.eventually("Watch reports a change", func() bool {
		begun := true
		for i, rec := range recs {
			if len(w.versions(rec.ID)) > 0 || w.missed() {
				continue
			}
			recs[i] = successor(rec)
			p.replace(recs[i], rec.Version)
			begun = false
		}
		return begun
	})
	return w
}

// heralds are so many that each part of a store has one, almost certainly.
const heralds = 64

// stop ends the watch and returns its error. It may be called again.
func (w *watch) stop() error {
	w.cancel()
	select {
	case err := <-w.ended:
		w.ended <- err
		return err
	case <-time.After(patience):
		return errors.New("Watch did not end with its context")
	}
}

// reports waits until the versions of an ID are those wanted, in their order.
// If the watcher was told that changes were lost, some of them may be missing.
func (w *watch) reports(id coatcheck.ID, want []uint64) {
	w.p.Helper()
	w.p.eventually("Watch reports the changes", func() bool {
		seen := w.versions(id)
		if !inOrder(seen, want) {
			w.p.Fatalf("Watch: versions are %d, want %d", seen, want)
		}
		return len(seen) == len(want) || w.missed()
	})
}

// versions returns the versions that were reported of an ID. A version that is
// reported again, for a touch, counts once.
func (w *watch) versions(id coatcheck.ID) (versions []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.changes {
		if c.ID == id && !c.Lost {
			versions = append(versions, c.Version)
		}
	}
	return slices.Compact(versions)
}

func (w *watch) missed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

func (w *watch) calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.changes)
}

// inOrder reports whether some is what is left of all when parts are taken out.
func inOrder(some, all []uint64) bool {
	for _, v := range some {
		i := slices.Index(all, v)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}

// watchBusy has several workers lead records through their lives at once.
func watchBusy(p *probe) {
	w := p.watch(nil)
	ids, histories := make([]coatcheck.ID, rivals), make([][]uint64, rivals)
	crowd(workers(rivals, func(i int) {
		rec := p.fresh()
		ids[i] = rec.ID
		err := p.handle(i).Create(p.ctx, rec)
		histories[i] = append(histories[i], rec.Version)
		for n := 0; n < 15 && err == nil; n++ {
			next := successor(rec)
			err = p.handle(i+n).Replace(p.ctx, next, rec.Version)
			histories[i] = append(histories[i], next.Version)
			rec = next
		}
		if err != nil {
			p.Errorf("change of a record that nobody else writes: %v", err)
		}
	})...)
	for i, id := range ids {
		w.reports(id, histories[i])
	}
}

// watchSlowly makes changes while the watcher is stuck in a call.
func watchSlowly(p *probe) {
	const changes = 300
	var slow atomic.Bool
	stuck, release := make(chan struct{}, 1), make(chan struct{})
	w := p.watch(func() {
		if slow.Load() {
			select {
			case stuck <- struct{}{}:
			default:
			}
			<-release
		}
	})
	let := sync.OnceFunc(func() { close(release) })
	p.Cleanup(let)
	slow.Store(true)
	rec := p.stored(p.fresh())
	select {
	case <-stuck:
	case <-time.After(patience):
		p.Fatal("waited in vain: Watch reports a change")
	}

	ctx, cancel := context.WithTimeout(p.ctx, patience/6)
	defer cancel()
	versions := []uint64{rec.Version}
	for range changes {
		next := successor(rec)
		if err := p.store.Replace(ctx, next, rec.Version); err != nil {
			p.Fatalf("Replace while a watcher is slow: %v", err)
		}
		versions = append(versions, next.Version)
		rec = next
	}
	let()
	w.reports(rec.ID, versions)
}
