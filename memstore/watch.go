package memstore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// backlog is how many changes a watcher may be behind before it misses some.
const backlog = 1024

// watchers are those who watch now. Telling them of a change costs one atomic
// load when there is nobody, and never waits for anybody.
type watchers struct {
	mu  sync.Mutex
	now atomic.Pointer[[]*watcher] // replaced, never written to
}

// A watcher is a running call of Watch.
type watcher struct {
	changes chan coatcheck.Change
	lost    atomic.Bool
}

// tell passes a change on, under the lock of the record's shard, which keeps
// the changes of one ID in order.
func (w *watchers) tell(id coatcheck.ID, version uint64) {
	all := w.now.Load()
	if all == nil {
		return
	}
	for _, each := range *all {
		change := coatcheck.Change{ID: id, Version: version}
		select {
		case each.changes <- change:
		default:
			each.miss(change)
		}
	}
}

// miss notes that there was no room for a change. If the watcher has caught up
// in this moment, the change is what it hears of that by: there may be no other
// one for long.
func (w *watcher) miss(change coatcheck.Change) {
	w.lost.Store(true)
	select {
	case w.changes <- change:
	default:
	}
}

// Watch implements [coatcheck.Watcher]. It reports what Create, Replace and
// Delete do, and records that are removed because they expired or to make
// room; a touch is no change. It also ends, with an error, when the store is
// closed.
func (s *Store) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	w := &watcher{changes: make(chan coatcheck.Change, backlog)}
	s.watchers.add(w)
	defer s.watchers.remove(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errClosed
		case c := <-w.changes:
			// What was lost was lost before now, so that who hears of it now
			// sees it in the store.
			if w.lost.Swap(false) {
				fn(coatcheck.Change{Lost: true})
			}
			fn(c)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (w *watchers) add(one *watcher) {
	w.edit(func(all []*watcher) []*watcher { return append(all, one) })
}

func (w *watchers) remove(one *watcher) {
	w.edit(func(all []*watcher) []*watcher {
		return slices.DeleteFunc(all, func(each *watcher) bool { return each == one })
	})
}

// edit puts a changed copy in the place of the list.
func (w *watchers) edit(change func([]*watcher) []*watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*watcher
	if old := w.now.Load(); old != nil {
		all = slices.Clone(*old)
	}
	if all = change(all); len(all) == 0 {
		w.now.Store(nil)
		return
	}
	w.now.Store(&all)
}
