package ring

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// Watch implements [coatcheck.Watcher]. Moves are no changes, but a record that
// has moved may be reported once more with the version that it had. While one
// moves, its changes before and after may come in the wrong order. When the
// members change, watchers get Lost. It ends with an error that names the
// member when one of them cannot go on.
func (r *Ring) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	if err := r.usable(ctx); err != nil {
		return err
	}
	t := r.topo.Load()
	if !t.capabilities().Watch {
		return errCannotWatch
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(r.life, func() { cancel(errClosed) })
	defer stop()
	w := &watch{r: r, ctx: ctx, cancel: cancel, fn: fn, on: map[*member]context.CancelFunc{}, deaths: map[coatcheck.ID]bool{}}
	defer w.running.Wait()
	for {
		w.join(t)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.changed:
		}
		if t = r.topo.Load(); !t.capabilities().Watch {
			cancel(errCannotWatch)
			return errCannotWatch
		}
		w.leave(t)
		w.call(coatcheck.Change{Lost: true})
	}
}

var errCannotWatch = fmt.Errorf("ring: not all members can watch: %w", coatcheck.ErrUnsupported)

// A watch is a running call of Watch.
type watch struct {
	r       *Ring
	ctx     context.Context
	cancel  context.CancelCauseFunc
	running sync.WaitGroup
	on      map[*member]context.CancelFunc // the members that are watched

	mu     sync.Mutex // held while fn runs, which is called once at a time
	fn     func(coatcheck.Change)
	deaths map[coatcheck.ID]bool // reported, but their remains not yet removed
	order  []coatcheck.ID        // the same, as they came
}

// maxDeaths bounds what a watch remembers. Who is forgotten may be reported as
// deleted twice.
const maxDeaths = 4096

// join begins to watch those members of t that are not watched yet.
func (w *watch) join(t *topology) {
	for _, m := range t.members {
		if w.on[m] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(w.ctx)
		w.on[m] = cancel
		w.running.Add(1)
		go func() {
			defer w.running.Done()
			err := m.store.(coatcheck.Watcher).Watch(ctx, func(c coatcheck.Change) { w.tell(m, c) })
			if ctx.Err() == nil {
				w.cancel(fmt.Errorf("ring: member %q: %w", m.name, errors.Join(err)))
			}
			cancel()
		}()
	}
}

// leave ends the watching of members that are not in t: they may be switched
// off.
func (w *watch) leave(t *topology) {
	for m, cancel := range w.on {
		if t.byName[m.name] != m {
			cancel()
			delete(w.on, m)
		}
	}
}

// call passes a change on.
func (w *watch) call(c coatcheck.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil {
		w.fn(c)
	}
}

// tell translates a change of a member.
func (w *watch) tell(m *member, c coatcheck.Change) {
	switch {
	case c.Lost:
	case c.ID == fencesID, isOwn(c.Version):
		return
	case isDeath(c.Version):
		w.bury(c.ID)
		c.Version = 0
	case c.Version != 0:
		w.exhume(c.ID)
		if v := w.r.fences.view.Load(); v != nil {
			c.Version = site{m, v.epoch(m.name)}.version(c.Version)
		}
	case w.exhume(c.ID) || !w.gone(m, c.ID):
		return
	}
	w.call(c)
}

// bury notes that an ID was reported as deleted.
func (w *watch) bury(id coatcheck.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.order) == maxDeaths {
		delete(w.deaths, w.order[0])
		w.order = w.order[1:]
	}
	w.deaths[id] = true
	w.order = append(w.order, id)
}

// exhume forgets that again, and reports whether it was noted.
func (w *watch) exhume(id coatcheck.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.deaths[id]
	delete(w.deaths, id)
	return was
}

// gone reports whether a removal at m means that the record is gone, and not
// just a stub of it.
func (w *watch) gone(m *member, id coatcheck.ID) bool {
	c, err := w.r.chain(w.ctx, id)
	if err != nil || c.home().member == m {
		return true
	}
	_, got, err := c.find(w.ctx)
	return err != nil || got.kind != kindLive
}
