package kvstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The index of owners is a key for each session that has one. Its value says
// nothing; that it is there says: look at this session. It is written before
// the record and removed after it.

// createOwned creates a record with its entry. Somebody who cleans up may take
// the entry for a leftover while the record is on its way, so it is written once
// more behind it: whoever learns that the session was created finds it by its
// owner.
func (s *Store) createOwned(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.index(ctx, rec); err != nil {
		return err
	}
	err := s.create(ctx, rec)
	switch {
	case err == nil:
		return s.indexed(ctx, rec)
	case errors.Is(err, coatcheck.ErrExists), errors.Is(err, coatcheck.ErrTooLarge), errors.Is(err, coatcheck.ErrCorrupt):
		s.unindex(ctx, rec.Owner, rec.ID)
	}
	return err
}

// index writes the entry of a record, if it is not there.
func (s *Store) index(ctx context.Context, rec *coatcheck.Record) error {
	err := s.kv.Put(ctx, s.entryKey(rec.Owner, rec.ID), []byte{1}, None, rec.Deadline)
	if errors.Is(err, coatcheck.ErrConflict) {
		return nil
	}
	return err
}

// indexed makes sure that the entry of a record that is there by now stays. It
// gets another revision even if it is there: who has looked for the record too
// soon, and is about to remove the entry for it, must not find the one of then.
func (s *Store) indexed(ctx context.Context, rec *coatcheck.Record) error {
	key := s.entryKey(rec.Owner, rec.ID)
	for {
		_, rev, err := s.kv.Get(ctx, key)
		switch {
		case errors.Is(err, coatcheck.ErrNotFound):
			rev = None
		case err != nil:
			return err
		}
		if err = s.kv.Put(ctx, key, []byte{1}, rev, rec.Deadline); !errors.Is(err, coatcheck.ErrConflict) {
			return err
		}
	}
}

// unindex removes the entry of a record that has ended. What goes wrong leaves
// an entry too many, which readers see through and a sweep removes.
func (s *Store) unindex(ctx context.Context, owner string, id coatcheck.ID) {
	if owner != "" && s.indexes() {
		_, _ = s.drop(ctx, s.entryKey(owner, id), id, time.Time{})
	}
}

// drop removes the entry at key unless the record of id is its owner's, and had
// not expired at before. It reports whether it did. What has expired by our
// clock alone may still be touched by others, and must be found then.
func (s *Store) drop(ctx context.Context, key string, id coatcheck.ID, before time.Time) (bool, error) {
	_, rev, err := s.kv.Get(ctx, key)
	if errors.Is(err, coatcheck.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	it, err := s.find(ctx, id)
	switch {
	case errors.Is(err, coatcheck.ErrCorrupt), err == nil && it.Live(before) && it.Owner != "" && s.entryKey(it.Owner, id) == key:
		return false, nil
	case err != nil && !errors.Is(err, coatcheck.ErrNotFound):
		return false, err
	}
	err = s.deleter.DeleteIf(ctx, key, rev)
	if errors.Is(err, coatcheck.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// Owned implements [coatcheck.OwnerIndex]. IDs come in ascending order.
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if !s.indexes() {
		return nil, "", unsupported("index owners")
	}
	if owner == "" {
		return nil, "", invalid("owner \"\" stands for anonymous sessions, which are not indexed")
	}
	return s.page(ctx, s.ownerKeys(owner), cursor, limit)
}

// sweepOwners removes entries whose records had ended at before, among those
// behind after. It returns where to go on, "" at the end.
func (s *Store) sweepOwners(ctx context.Context, before time.Time, after string, limit int) (next string, err error) {
	ends, more, err := s.scan(ctx, s.owners(), after, limit, isEntry)
	if err != nil {
		return "", err
	}
	for _, end := range ends {
		_, hexID, _ := strings.Cut(end, ".")
		id, _ := coatcheck.ParseID(hexID) // isEntry has seen it
		if _, err := s.drop(ctx, s.owners()+end, id, before); err != nil {
			return "", err
		}
	}
	if !more {
		return "", nil
	}
	return ends[len(ends)-1], nil
}

// dropExpired deletes what had expired at before, and its entry. It reports
// whether it did.
func (s *Store) dropExpired(ctx context.Context, id coatcheck.ID, before time.Time) (bool, error) {
	it, err := s.find(ctx, id)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound), errors.Is(err, coatcheck.ErrCorrupt):
		return false, nil
	case err != nil:
		return false, err
	case it.Live(before):
		return false, nil
	}
	err = s.deleter.DeleteIf(ctx, s.key(id), it.rev)
	if errors.Is(err, coatcheck.ErrConflict) {
		return false, nil
	}
	if err == nil {
		s.unindex(ctx, it.Owner, id)
	}
	return err == nil, err
}
