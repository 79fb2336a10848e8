package kvstore

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// sessions begins the keys of all sessions.
func (s *Store) sessions() string { return s.opts.Prefix + "s." }

// owners begins the keys of all owners' entries.
func (s *Store) owners() string { return s.opts.Prefix + "o." }

// key is where the record of id is.
func (s *Store) key(id coatcheck.ID) string { return s.sessions() + id.String() }

// ownerKeys begins the keys of one owner's entries. The hash makes a key of any
// bytes, and keeps names of accounts out of keys, which APIs like to log.
func (s *Store) ownerKeys(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return s.owners() + hex.EncodeToString(sum[:]) + "."
}

// entryKey is where the entry of an owner's session is.
func (s *Store) entryKey(owner string, id coatcheck.ID) string {
	return s.ownerKeys(owner) + id.String()
}

// idOf returns the ID at the end of a key. Keys of somebody else's making have
// none.
func idOf(key, prefix string) (coatcheck.ID, bool) {
	id, err := coatcheck.ParseID(strings.TrimPrefix(key, prefix))
	return id, err == nil
}
