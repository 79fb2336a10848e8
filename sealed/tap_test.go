package sealed_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// A tap is called ahead of each call to a store, and may fail it.
type tap struct {
	coatcheck.Store
	before func(op string)
	err    error
}

func (s *tap) tell(op string) error {
	if s.before != nil {
		s.before(op)
	}
	return s.err
}

// Load implements coatcheck.Store.
func (s *tap) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.tell("Load"); err != nil {
		return nil, err
	}
	return s.Store.Load(ctx, id)
}

// Create implements coatcheck.Store.
func (s *tap) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.tell("Create"); err != nil {
		return err
	}
	return s.Store.Create(ctx, rec)
}

// revoked are options of a site that shares the revoker of another.
func revoked(s *site) sealed.Options { return sealed.Options{Revoker: s.revoker} }

// epochID is where the core notes that an owner's sessions were ended.
func epochID(owner string) coatcheck.ID { return sha256.Sum256([]byte("cc1/epoch:" + owner)) }

// damage puts a record into a store that no manager can read.
func damage(t *testing.T, store coatcheck.Store, id coatcheck.ID) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{ID: id, Meta: []byte("?"), Created: now, AuthTime: now, Deadline: now.Add(time.Hour), Expires: now.Add(time.Hour), Version: 1}
	expectNil(t, store.Delete(t.Context(), id))
	expectNil(t, store.Create(t.Context(), rec))
}
