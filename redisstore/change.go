package redisstore

import (
	"context"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// What scripts answer, when it is not that all is well.
const (
	saysNone     = 0
	saysConflict = -1
	saysExists   = -2
	saysDamaged  = -3
)

// change runs a script that changes a record, and lets the cache know before
// and after.
func (s *Store) change(ctx context.Context, op string, id coatcheck.ID, sc *script, keys, args []string) error {
	s.cache.drop(id)
	msg, err := s.run(ctx, op, sc, keys, args)
	s.cache.drop(id)
	if err != nil {
		s.count(err)
		return err
	}
	if owner, entry, ok := leaver(msg); ok {
		s.forget(owner, id, entry)
		return nil
	}
	switch n, err := msg.ToInt64(); {
	case err != nil:
		return fmt.Errorf("redisstore: %s: the answer is no number: %w", op, err)
	case n == saysNone:
		return coatcheck.ErrNotFound
	case n == saysConflict:
		return coatcheck.ErrConflict
	case n == saysExists:
		return coatcheck.ErrExists
	case n == saysDamaged:
		return fmt.Errorf("redisstore: %s: %w: fields are missing or malformed", op, coatcheck.ErrCorrupt)
	}
	return nil
}
