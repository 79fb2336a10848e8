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

// isID reports whether the end of a key is an ID as we write it. Keys of somebody
// else's making, such as those of a store whose prefix begins with ours, have none.
func isID(end string) bool {
	id, err := coatcheck.ParseID(end)
	return err == nil && id.String() == end
}

// isEntry reports whether the end of a key is that of an owner's entry: a hash
// and an ID in hexadecimal, and a dot between them.
func isEntry(end string) bool {
	sum, id, _ := strings.Cut(end, ".")
	return isID(sum) && isID(id)
}
