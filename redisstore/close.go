package redisstore

import (
	"context"

	"github.com/valkey-io/valkey-go"
)

// Close ends the use of the store: every method returns an error from then on.
// It closes the client of a store that Open made, and waits for what the store
// does in the background. Closing it again has no effect.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.chores.stop()
		s.link.close()
		if s.reads != nil {
			s.reads.close()
		}
		s.cache.flush()
		s.listing.clear()
	})
	return nil
}

func (s *Store) isClosed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// usable returns the error of a context that is done or of a closed store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.isClosed() {
		return errClosed
	}
	return nil
}

// retire lets the next calls connect anew when the server of a client says that
// it is a replica now.
func (s *Store) retire(client valkey.Client) {
	if !s.link.retire(client) || s.reads == nil {
		return
	}
	if c := s.reads.current.Load(); c != nil {
		s.reads.retire(*c)
	}
	s.cache.flush()
}
