package filestore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// The names in the store's directory.
const (
	recordsDir = "records" // records/ab/ab…: one file per session
	ownersDir  = "owners"  // owners/cd/cd…-ab…: one empty file per session of an owner
	stateName  = "state"
	stateTemp  = "state.new"
)

// shardName is that of the directory of IDs that begin with b.
func shardName(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// fileName is that of a record's file. It has digits and lower-case letters
// only, so it means the same on every file system, whatever a client sent.
func fileName(id coatcheck.ID) string {
	var b [2 * len(id)]byte
	hex.Encode(b[:], id[:])
	return string(b[:])
}

// parseID reads a name that fileName wrote.
func parseID(name string) (id coatcheck.ID, ok bool) {
	id, err := coatcheck.ParseID(name)
	return id, err == nil && name == fileName(id)
}

// An entry notes that a session may belong to an owner.
type entry struct {
	owner [16]byte // the beginning of the owner's hash
	id    coatcheck.ID
}

func entryOf(owner string, id coatcheck.ID) entry {
	sum := sha256.Sum256([]byte("coatcheck owner:" + owner))
	return entry{[16]byte(sum[:]), id}
}

// dir is the directory of the entry in that of all owners.
func (e entry) dir() string { return shardName(e.owner[0]) }

// prefix is how the names of all entries of the owner begin.
func (e entry) prefix() string { return hex.EncodeToString(e.owner[:]) + "-" }

func (e entry) name() string { return e.prefix() + fileName(e.id) }

// parseEntry reads what name wrote.
func parseEntry(name string) (e entry, ok bool) {
	owner, id, found := strings.Cut(name, "-")
	if !found || len(owner) != 2*len(e.owner) {
		return e, false
	}
	if _, err := hex.Decode(e.owner[:], []byte(owner)); err != nil {
		return e, false
	}
	e.id, ok = parseID(id)
	return e, ok && name == e.name()
}

// errCursor is the error about a cursor that no method returned.
var errCursor = fmt.Errorf("filestore: %w: the cursor is not one of this method", coatcheck.ErrInvalid)

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("filestore: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}
