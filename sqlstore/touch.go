package sqlstore

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Touch implements [coatcheck.Store]. It is one statement, which changes one
// or two numbers, and no index unless the hour of the deadline changes; and a
// second statement if there was nothing to change, or on SQLite if that hour
// changes.
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.write(ctx, "touch", func() error {
		given := whole(expires)
		for range maxLooks {
			now := s.now()
			n, err := s.touch.exec(ctx, given, id[:], now)
			if n > 0 || err != nil {
				return err
			}
			seen, err := s.see(ctx, id)
			switch {
			case err != nil:
				return err
			case !seen.live(now):
				return coatcheck.ErrNotFound
			case seen.expires >= min(given, seen.deadline):
				return nil
			}
		}
		return errBusy
	})
}
