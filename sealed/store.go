package sealed

import (
	"context"
	"encoding/base64"

	"github.com/coatcheck/coatcheck"
)

// A Store seals sessions into tokens. It is a [coatcheck.Sealer], so a manager
// that is given one keeps no records; the methods of [coatcheck.Store] are
// those of the Revoker, for what the manager notes about sessions that have
// ended. It is immutable and safe for concurrent use. There is no use for the
// zero Store; make it by [New].
type Store struct {
	opts    Options
	ring    []ringKey
	writers writers
}

var _ coatcheck.Sealer = (*Store)(nil)

// New returns a Store that seals with the first of keys and opens with all of
// them. An argument that breaks a rule is [coatcheck.ErrInvalid].
func New(keys []Key, opts *Options) (*Store, error) {
	filled, err := opts.filled()
	if err != nil {
		return nil, err
	}
	ring, err := newRing(keys, filled.Purpose)
	if err != nil {
		return nil, err
	}
	return &Store{opts: filled, ring: ring}, nil
}

// Seal implements [coatcheck.Sealer].
func (s *Store) Seal(_ context.Context, scope string, rec *coatcheck.Record) (coatcheck.Token, error) {
	content, err := s.pack(rec)
	if err != nil {
		return "", err
	}
	return s.wrap(scope, content)
}

// Open implements [coatcheck.Sealer].
func (s *Store) Open(_ context.Context, scope string, token coatcheck.Token) (*coatcheck.Record, error) {
	content, err := s.unwrap(scope, token)
	if err != nil {
		return nil, err
	}
	return unpack(content)
}

// Stale implements [coatcheck.Sealer]: it reports whether a token was sealed
// with another key than the first.
func (s *Store) Stale(token coatcheck.Token) bool {
	const chars = 8 // hold the format and the key's ID
	if len(token) < chars {
		return true
	}
	var head [6]byte
	_, err := base64.RawURLEncoding.Decode(head[:], []byte(token[:chars]))
	return err != nil || [idBytes]byte(head[atID:]) != s.ring[0].id
}

// Revocable implements [coatcheck.Sealer].
func (s *Store) Revocable() bool { return s.opts.Revoker != nil }
