package memstore

import "context"

// Close ends the use of the store: every method returns an error from then on,
// Watch included. A store made by [Open] writes its last snapshot first; if
// that fails, Close returns the error, and the files are as after a crash.
// Closing it again has no effect and returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.eachShard(func(sh *shard) { sh.closed = true })
		if s.keeper != nil {
			s.closeErr = s.keeper.close(s)
		}
	})
	return s.closeErr
}

// eachShard calls f with each shard, under its lock.
func (s *Store) eachShard(f func(*shard)) {
	for i := range s.shards {
		s.shards[i].mu.Lock()
		f(&s.shards[i])
		s.shards[i].mu.Unlock()
	}
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
