package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// A watcher is a running Watch: the changes that it has not reported yet.
type watcher struct {
	queue []coatcheck.Change
	more  chan struct{} // holds a value when the queue is not empty
}

// longest is how many changes wait for a slow watcher.
const longest = 100

// tell hands a change to all watchers. The store is locked, so that the changes
// come in their order.
func (s *Reference) tell(id coatcheck.ID, version uint64) {
	for w := range s.watchers {
		w.add(coatcheck.Change{ID: id, Version: version})
	}
}

func (w *watcher) add(c coatcheck.Change) {
	if len(w.queue) >= longest {
		w.queue = []coatcheck.Change{{Lost: true}}
	}
	w.queue = append(w.queue, c)
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// Watch implements [coatcheck.Watcher].
func (s *Reference) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	w := &watcher{more: make(chan struct{}, 1)}
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.watchers[w] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.more:
		}
		for _, c := range s.take(w) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fn(c)
		}
	}
}

// take empties the queue of a watcher.
func (s *Reference) take(w *watcher) []coatcheck.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := w.queue
	w.queue = nil
	return queue
}
