package sqlstore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Create implements [coatcheck.Store]. It is one statement, on MySQL a second
// one if there is a row of that ID.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := check(rec); err != nil {
		return err
	}
	return s.write(ctx, "create", func() error { return s.add(ctx, rec) })
}

// add is one attempt of Create.
func (s *Store) add(ctx context.Context, rec *coatcheck.Record) error {
	expires, now := min(whole(rec.Expires), whole(rec.Deadline)), s.now()
	args := []any{rec.ID[:], owner(rec), full(rec.Data), head(rec), whole(rec.Deadline), expires, expires / hour, int64(rec.Version), now}
	if s.opts.Dialect == MySQL {
		return s.addOrTakeOver(ctx, args)
	}
	n, err := s.create.exec(ctx, args...)
	if err == nil && n == 0 {
		return coatcheck.ErrExists
	}
	return err
}

// addOrTakeOver is add for MySQL, whose upsert has no condition, and whose
// count of affected rows depends on a setting of the connection.
func (s *Store) addOrTakeOver(ctx context.Context, args []any) error {
	for {
		_, err := s.create.exec(ctx, args[:8]...)
		if !isDuplicate(err) {
			return err
		}
		n, err := s.takeOver.exec(ctx, args...)
		if n > 0 || err != nil {
			return err
		}
		seen, err := s.see(ctx, coatcheck.ID(args[0].([]byte)))
		switch {
		case err != nil:
			return err
		case seen.live(args[8].(int64)):
			return coatcheck.ErrExists
		case seen.there && seen.version == number(args[7].(int64)) && int64(seen.expires) == args[5].(int64):
			return nil // the update changed nothing, since that very record is there, expired
		}
		// It went between the two statements, or came and expired: again.
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// owner is the argument for the column owner.
func owner(rec *coatcheck.Record) any {
	if rec.Owner == "" {
		return nil
	}
	return []byte(rec.Owner)
}

// full makes bytes of none, which a driver would take for null.
func full(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
