package memstore

import "context"

// Close forgets all records and ends what uses the store: every method returns
// an error from then on, Watch included. Closing it again has no effect.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		for i := range s.shards {
			s.shards[i].close()
		}
	})
	return nil
}

// close refuses further calls.
func (sh *shard) close() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.closed = true
}

// usable returns the error of a context that is done or of a closed store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.done:
		return errClosed
	default:
		return nil
	}
}
