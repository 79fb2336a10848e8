package ring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A keeper keeps a ring's view of the fences. Its work is done by goroutines
// that calls start when it is due, so an idle ring has none.
type keeper struct {
	view    atomic.Pointer[view]
	busy    chan struct{} // full while somebody reads or writes the notes
	lacking []*member     // whose notes were behind when they were read; belongs to busy
	asked   atomic.Bool
	working sync.WaitGroup
	start   sync.Mutex // orders working.Add before Close's Wait
}

// look returns a view that is young enough. With the policy Fail nothing is
// ever given up, so that one is enough for ever.
func (r *Ring) look(ctx context.Context) (*view, error) {
	v := r.fences.view.Load()
	if v != nil && r.opts.Policy == Fail {
		return v, nil
	}
	if v != nil {
		switch age := time.Since(v.read); {
		case age < viewLife/2:
			return v, nil
		case age < viewLife:
			r.fenceSoon()
			return v, nil
		}
	}
	return r.lookAgain(ctx)
}

// lookAgain reads the notes now, unless somebody else just has.
func (r *Ring) lookAgain(ctx context.Context) (*view, error) {
	k := &r.fences
	select {
	case k.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-k.busy }()
	if v := k.view.Load(); v != nil && time.Since(v.read) < viewLife/2 {
		return v, nil
	}
	if err := r.readFences(ctx); err != nil {
		return nil, err
	}
	if r.opts.Policy == FailOver {
		r.fenceSoon() // which calls that come seldom would never start otherwise
	}
	return k.view.Load(), nil
}

// fenceSoon starts the work on the fences in the background.
func (r *Ring) fenceSoon() {
	k := &r.fences
	k.start.Lock()
	defer k.start.Unlock()
	if r.life.Err() != nil || !k.asked.CompareAndSwap(false, true) {
		return
	}
	k.working.Add(1)
	go func() {
		defer k.working.Done()
		defer k.asked.Store(false)
		k.busy <- struct{}{}
		defer func() { <-k.busy }()
		ctx, cancel := context.WithTimeout(r.life, 4*r.opts.MemberTimeout)
		defer cancel()
		// What fails now is tried again by the next call, and by then has
		// shown in that call's error.
		if v := k.view.Load(); v != nil && time.Since(v.read) < viewLife/2 || r.readFences(ctx) == nil {
			_ = r.giveUp(ctx)
			_ = r.takeBack(ctx)
			_ = r.repair(ctx)
		}
	}()
}

// readFences makes a new view of the notes of all members that answer. One must.
// The caller holds k.busy.
func (r *Ring) readFences(ctx context.Context) error {
	began := time.Now()
	old := r.fences.view.Load()
	var mu sync.Mutex
	all, has := fences{}, map[*member]fences{}
	if old != nil {
		all = maps.Clone(old.fences)
	}
	well, err := everywhere(r.answering(old), func(m *member) error {
		f, _, err := loadFences(ctx, m)
		damaged := errors.Is(err, coatcheck.ErrCorrupt)
		if err != nil && !damaged {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		all.merge(f)
		has[m] = f
		if damaged && old != nil {
			return nil // it answers, and we know the notes
		}
		return err
	})
	if well == 0 {
		return fmt.Errorf("ring: no member tells which of them are fenced off: %w", err)
	}
	r.fences.lacking = nil
	for m, f := range has {
		if f == nil || f.merge(all) {
			r.fences.lacking = append(r.fences.lacking, m)
		}
	}
	r.publish(all, began)
	return nil
}

// repair writes the notes to members that answer and do not have them all: they
// are new, have lost or damaged them, or did not answer when they were written.
func (r *Ring) repair(ctx context.Context) error {
	lacking, all := r.fences.lacking, r.fences.view.Load().fences
	r.fences.lacking = nil
	_, err := everywhere(lacking, func(m *member) error { return storeFences(ctx, m, all) })
	return err
}

// viewEnd is how long after a note nobody goes by an older view any more: a
// reading may have begun before it and taken a time limit, or else the view's
// life is over, and the last call may take another.
func (r *Ring) viewEnd() time.Duration { return viewLife + 2*r.opts.MemberTimeout }

// answering returns the members that may know something: those that have not
// been given up and do not count as down; all if that would be none.
func (r *Ring) answering(v *view) (ms []*member) {
	t := r.topo.Load()
	for _, m := range t.members {
		if down, _ := m.breaker.down(); !down && (v == nil || !v.isOut(m.name)) {
			ms = append(ms, m)
		}
	}
	if len(ms) == 0 {
		return t.members
	}
	return ms
}

// publish makes a view of f, which was true at began.
func (r *Ring) publish(f fences, began time.Time) {
	old := r.fences.view.Load()
	v := &view{fences: f, read: began, seen: map[string]time.Time{}, wait: r.viewEnd()}
	for name, now := range f {
		v.seen[name] = time.Now()
		if old != nil && old.fences[name] == now {
			v.seen[name] = old.seen[name]
		}
	}
	r.fences.view.Store(v)
}

// patience is how long a member must have failed before it is given up.
const patience = 2 * time.Second

// giveUp fences off the members that are down. Their share is taken over when
// no process can believe any more that they are in use. It costs all their
// sessions, so that a moment's trouble must not do, nor one of our own: a
// member that answers a last call, or beside which no other one answers, stays.
func (r *Ring) giveUp(ctx context.Context) error {
	var errs []error
	for _, m := range r.topo.Load().members {
		v := r.fences.view.Load()
		if m.breaker.failing(time.Now()) >= patience && !v.isOut(m.name) && !m.answers(ctx) {
			errs = append(errs, r.note(ctx, m, fence{v.epoch(m.name) + 1, stateOut}))
		}
	}
	return errors.Join(errs...)
}

// takeBack lets members have their share again that answer again, one after the
// other, so that the views of two processes never differ by two of them.
func (r *Ring) takeBack(ctx context.Context) error {
	var errs []error
	for _, m := range r.topo.Load().members {
		v := r.fences.view.Load()
		if !v.isOut(m.name) || v.waits(m) != nil || v.justReturned() {
			continue
		}
		if _, _, err := loadFences(ctx, m); err == nil || errors.Is(err, coatcheck.ErrCorrupt) {
			errs = append(errs, r.note(ctx, m, fence{v.epoch(m.name), stateReturning}))
		}
	}
	return errors.Join(errs...)
}

// note writes down, on all members that answer and on one other than m at
// least, what is true of m now.
func (r *Ring) note(ctx context.Context, m *member, f fence) error {
	v := r.fences.view.Load()
	all := maps.Clone(v.fences)
	all[m.name] = f
	var others []*member
	for _, o := range r.answering(v) {
		if down, _ := o.breaker.down(); o != m && !down {
			others = append(others, o)
		}
	}
	well, err := everywhere(others, func(o *member) error { return storeFences(ctx, o, all) })
	if well == 0 {
		return fmt.Errorf("ring: no other member takes the note about %q: %w", m.name, err)
	}
	if f.state != stateOut {
		if err := storeFences(ctx, m, all); err != nil {
			return err
		}
	}
	r.publish(all, v.read) // what others have noted since has not been read
	return nil
}

// arrive notes that the sessions of members that came back before the given
// time have all moved back.
func (r *Ring) arrive(ctx context.Context, before time.Time) error {
	k := &r.fences
	select {
	case k.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-k.busy }()
	v := k.view.Load()
	var errs []error
	for _, m := range r.topo.Load().members {
		if f := v.fences[m.name]; f.state == stateReturning && f.epoch > 0 && v.seen[m.name].Before(before) {
			errs = append(errs, r.note(ctx, m, fence{f.epoch, stateIn}))
		}
	}
	return errors.Join(errs...)
}
