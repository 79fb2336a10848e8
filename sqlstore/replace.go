package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/coatcheck/coatcheck"
)

// maxLooks is how often an update is tried again because the row, when it was
// looked at, was such that the update should have changed it: others were at
// work in between.
const maxLooks = 100

// Replace implements [coatcheck.Store]. It is one statement, and a second one
// if there was nothing to replace; on SQLite one more if the owner changes, or
// the hour of the deadline.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := check(rec); err != nil {
		return err
	}
	return s.write(ctx, "replace", func() error {
		args := []any{owner(rec), full(rec.Data), head(rec), whole(rec.Deadline), whole(rec.Expires), int64(rec.Version), rec.ID[:], int64(old), int64(0)}
		for range maxLooks {
			now := s.now()
			args[8] = now
			n, err := s.replace.exec(ctx, args...)
			if n > 0 || err != nil {
				return err
			}
			seen, err := s.see(ctx, rec.ID)
			switch {
			case err != nil:
				return err
			case !seen.live(now):
				return coatcheck.ErrNotFound
			case seen.version != int64(old):
				return coatcheck.ErrConflict
			case rec.Version == old:
				return nil // MySQL counts changed rows, and nothing was to be changed
			}
		}
		return coatcheck.ErrConflict
	})
}

// A sight is what an update that changed nothing meets.
type sight struct {
	there                      bool
	version, expires, deadline int64
}

// live reports whether there is a row that has not expired.
func (r *sight) live(now int64) bool { return r.there && r.expires > now }

// see looks at the row of an ID.
func (s *Store) see(ctx context.Context, id coatcheck.ID) (r sight, err error) {
	err = s.look.row(ctx, []any{id[:]}, &r.version, &r.expires, &r.deadline)
	if errors.Is(err, sql.ErrNoRows) {
		return sight{}, nil
	}
	r.there = err == nil
	return r, err
}
