package ring

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// A Ring spreads records over its members. [New] makes one; the zero value is
// of no use. It is safe for concurrent use, changes of its members included.
type Ring struct {
	opts   Options
	topo   atomic.Pointer[topology]
	fences keeper

	change   sync.Mutex // held by what changes the members
	complete bool       // a Rebalance has left nothing behind since SetMembers
	cut      *pass      // the last Rebalance that did not come to its end; nil if none
	moved    atomic.Int64

	closing sync.Once
	done    chan struct{} // closed by Close
	life    context.Context
	end     context.CancelFunc
}

var (
	_ coatcheck.Store      = (*Ring)(nil)
	_ coatcheck.Lister     = (*Ring)(nil)
	_ coatcheck.OwnerIndex = (*Ring)(nil)
	_ coatcheck.Sweeper    = (*Ring)(nil)
	_ coatcheck.Stater     = (*Ring)(nil)
	_ coatcheck.Watcher    = (*Ring)(nil)
	_ io.Closer            = (*Ring)(nil)
)

var errClosed = fmt.Errorf("ring: %w", coatcheck.ErrClosed)

// New returns a ring of members. Nil options are the defaults. A contradiction
// in either is [coatcheck.ErrInvalid], with what to do about it. It calls no
// store yet.
func New(members []Member, opts *Options) (*Ring, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	r := &Ring{opts: o, done: make(chan struct{})}
	r.fences.busy = make(chan struct{}, 1)
	t, err := r.topology(nil, members)
	if err == nil && len(o.Former) > 0 {
		t, err = r.former(members, o.Former)
	}
	if err != nil {
		return nil, err
	}
	r.life, r.end = context.WithCancel(context.Background())
	r.topo.Store(t)
	return r, nil
}

// former returns the topology after a change from former to members.
func (r *Ring) former(members, former []Member) (*topology, error) {
	before, err := r.topology(nil, former)
	if err != nil {
		return nil, fmt.Errorf("ring: Options.Former: %w", err)
	}
	return r.topology(before, members)
}

// Close ends the use of the ring: every method returns an error from then on.
// The members' stores stay open. It never fails.
func (r *Ring) Close() error {
	r.closing.Do(func() {
		close(r.done)
		r.fences.start.Lock()
		r.end() // no work begins from here on
		r.fences.start.Unlock()
		r.fences.working.Wait()
	})
	return nil
}

// usable returns the error of a context that is done or of a closed ring.
func (r *Ring) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-r.done:
		return errClosed
	default:
		return nil
	}
}
