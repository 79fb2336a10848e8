package ring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Members returns the members as [New] or [Ring.SetMembers] got them.
func (r *Ring) Members() []Member {
	return append([]Member(nil), r.topo.Load().current...)
}

// SetMembers changes the members while the ring is in use. Sessions whose place
// changes are found where they are, and move when they are saved or touched, or
// when [Ring.Rebalance] comes to them. Call it in every process that shares the
// members, within Options.Overlap; then Rebalance in one of them, and then
// [Ring.Conclude] in every one. It calls no store.
//
// A contradiction in members is [coatcheck.ErrInvalid], as are more than three
// changes that have not been concluded.
func (r *Ring) SetMembers(members []Member) error {
	r.change.Lock()
	defer r.change.Unlock()
	if err := r.usable(context.Background()); err != nil {
		return err
	}
	t, err := r.topology(r.topo.Load(), members)
	if err != nil {
		return err
	}
	r.complete = false
	r.install(t)
	return nil
}

// Conclude ends the changes of members: former homes are not looked at any more,
// and members that are no longer in the list can be switched off. Call it when
// every process has been told of the change and, after that, a Rebalance has
// returned nil. If that was not this ring's own, it is an error that says so:
// run one here as well, which costs little when nothing is left to move, or
// [Ring.Abandon].
func (r *Ring) Conclude() error {
	r.change.Lock()
	defer r.change.Unlock()
	if !r.complete && len(r.topo.Load().sets) > 1 {
		return errors.New("ring: no Rebalance of this ring has been complete since its members changed; run one, or Abandon what has not moved")
	}
	return r.drop()
}

// Abandon is Conclude without a look: sessions that have not moved are lost,
// and come back if the members are ever set as they were. It is for a former
// member that will never answer again.
func (r *Ring) Abandon() error {
	r.change.Lock()
	defer r.change.Unlock()
	return r.drop()
}

func (r *Ring) drop() error {
	if err := r.usable(context.Background()); err != nil {
		return err
	}
	if t := r.topo.Load(); len(t.sets) > 1 || len(t.members) > len(t.current) {
		r.install(t.only())
	}
	return nil
}

// RebalanceOptions configure one [Ring.Rebalance]. The zero value, like a nil
// pointer, stands for the defaults.
type RebalanceOptions struct {
	// PerSecond limits how many records are looked at in a second, which
	// bounds the calls: most need one, those that move about eight. Default
	// 1,000; a negative number means no limit.
	PerSecond int

	// Cursor is where to begin: the Cursor of the Progress with which an
	// earlier pass ended, in whatever process. Default "", the beginning.
	// Only the Ring that was cut short there knows when that pass began: for
	// any other one this is not a complete Rebalance, so that it does not
	// allow [Ring.Conclude] and ends no member's return.
	Cursor string

	// Report is called after each page, on the goroutine of Rebalance.
	// Default none.
	Report func(Progress)
}

// Progress tells how far a [Ring.Rebalance] has come.
type Progress struct {
	Examined int64  // records looked at by this call
	Moved    int64  // records that it moved
	Left     int64  // records that stay where they are, for want of room
	Cursor   string // where to go on; "" at the end
}

// rebalancePage is how many records are listed at once.
const rebalancePage = 100

// Rebalance moves all sessions to where they belong by now, one after the
// other, beside all other work, and completes moves that others left half done.
// It returns nil when all are there. It may run in several processes at once,
// and be cut short at any time; the Progress says where to go on.
//
// [coatcheck.ErrUnsupported] means that a member cannot list its records: they
// move when they are used. An error that wraps [coatcheck.ErrFull] means that
// members had no room for some sessions, which stay where they are and work.
// A member that does not answer is an error that names it.
func (r *Ring) Rebalance(ctx context.Context, opts *RebalanceOptions) (Progress, error) {
	var o RebalanceOptions
	if opts != nil {
		o = *opts
	}
	if o.PerSecond == 0 {
		o.PerSecond = 1000
	}
	whole := r.pass(o.Cursor)
	p := Progress{Cursor: o.Cursor}
	defer func() { r.cutShort(whole, &p) }()
	for {
		next, err := r.rebalance(ctx, &p)
		if err != nil {
			return p, err
		}
		if p.Cursor = next; o.Report != nil {
			o.Report(p)
		}
		if next == "" {
			break
		}
		if err := r.rest(ctx, o.PerSecond); err != nil {
			return p, err
		}
	}
	left := p.Left
	if whole != nil {
		left += whole.left
	}
	switch {
	case left > 0:
		return p, fmt.Errorf("ring: %d sessions stay where they are, because their members have no room: %w", left, coatcheck.ErrFull)
	case whole == nil:
		return p, nil
	}
	return p, r.completed(ctx, whole)
}

// A pass is a Rebalance from the beginning, in however many parts.
type pass struct {
	began time.Time
	t     *topology // of that time
	at    string    // where it was cut short; "" while it runs
	left  int64     // records that stay where they are, in its parts until then
}

// pass returns the pass that goes on at a cursor, nil if it was not this ring's or
// is not known any more. What was passed before a member came back, or before a change
// of members, is to be looked at again.
func (r *Ring) pass(at string) *pass {
	if at == "" {
		return &pass{began: time.Now(), t: r.topo.Load()}
	}
	r.change.Lock()
	defer r.change.Unlock()
	if p := r.cut; p != nil && p.at == at {
		r.cut = nil
		return p
	}
	return nil
}

// cutShort keeps a pass that has not come to the end.
func (r *Ring) cutShort(p *pass, now *Progress) {
	if p == nil || now.Cursor == "" {
		return
	}
	r.change.Lock()
	defer r.change.Unlock()
	r.cut = &pass{p.began, p.t, now.Cursor, p.left + now.Left}
}

// completed notes that nothing was left behind by a pass.
func (r *Ring) completed(ctx context.Context, p *pass) error {
	r.change.Lock()
	r.complete = r.topo.Load() == p.t
	r.change.Unlock()
	if r.opts.Policy != FailOver {
		return nil
	}
	return r.arrive(ctx, p.began.Add(-r.viewEnd()))
}

// rest waits until the next page may be looked at.
func (r *Ring) rest(ctx context.Context, perSecond int) error {
	if perSecond < 0 {
		return r.usable(ctx)
	}
	timer := time.NewTimer(rebalancePage * time.Second / time.Duration(perSecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return errClosed
	}
}

// rebalance looks at one page.
func (r *Ring) rebalance(ctx context.Context, p *Progress) (next string, err error) {
	x, err := r.tour(ctx, p.Cursor, rebalancePage, func(c coatcheck.Capabilities) bool { return c.List }, "list")
	if err != nil {
		return "", err
	}
	switch over, err := x.over(); {
	case err != nil:
		return "", err
	case over:
		return x.next(""), nil
	}
	s := x.site()
	raws, inner, err := s.list(ctx, x.cursor.inner, rebalancePage)
	if err != nil {
		return "", partial(ctx, err, s.name)
	}
	for _, raw := range raws {
		p.Examined++
		if err := r.tidy(ctx, x, s, raw, p); err != nil {
			return "", err
		}
	}
	return x.next(inner), nil
}

// tidy brings one record home, or a move that it is part of to its end.
func (r *Ring) tidy(ctx context.Context, x *tour, s site, raw *coatcheck.Record, p *Progress) error {
	v, err := r.look(ctx) // the page may have taken a while
	if err != nil {
		return err
	}
	s.epoch = v.epoch(s.name)
	got := read(raw, s.epoch)
	c, err := r.chainIn(x.t, v, raw.ID)
	if err != nil {
		return err
	}
	switch {
	case got.kind == kindLive && c.has(s.name) && !c.home().is(s):
		err = c.move(ctx, s, c.home())
		switch {
		case err == nil:
			p.Moved++
		case cannot(err):
			p.Left++
			return nil
		}
	case got.kind == kindStub && got.move != 0:
		err = c.finish(ctx, s, got) // whoever completed the move may not have come to this
	case got.kind == kindCopy:
		_, _, err = c.weigh(ctx, s, got, 0)
	}
	if err != nil && !isRace(err) && !errors.Is(err, coatcheck.ErrCorrupt) {
		return err
	}
	return nil
}
