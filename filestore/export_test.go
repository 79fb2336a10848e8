package filestore

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
)

// What the tests reach inside for: the folder that works on every system, the
// format without a file around it, and the lock of one session.

const (
	HeadSize   = headSize
	SlotA      = slotA
	SlotB      = slotB
	SlotSize   = slotSize
	HeadSumAt  = headSumAt
	BodySumAt  = bodySumAt
	OwnerLenAt = ownerLengthAt
	TempName   = tempName
	StateName  = stateName
	MaxLooks   = maxLooks
	MaxPage    = maxPage
)

// OpenPortable is Open with nothing but os.Root beneath, as on systems that
// have no way of their own.
func OpenPortable(dir string, opts *Options) (*Store, error) {
	return openWith(func(parent *os.Root, name string) (folder, error) { return openRootFolder(parent, name) }, dir, opts)
}

func Encode(rec *coatcheck.Record) ([]byte, error) { return encode(rec) }

func Decode(b []byte, id coatcheck.ID) (*coatcheck.Record, error) {
	return LoadFrom(id, b)
}

// LoadFrom is what Load makes of a file that is read in these ways, one after
// the other; the last one stays.
func LoadFrom(id coatcheck.ID, reads ...[]byte) (*coatcheck.Record, error) {
	return load(&scripted{reads: reads}, id)
}

type scripted struct {
	folder
	reads [][]byte
}

func (s *scripted) read(string, int) ([]byte, error) {
	b := s.reads[0]
	if len(s.reads) > 1 {
		s.reads = s.reads[1:]
	}
	return b, nil
}

// Resum puts the right checksums, and the ID, into the file of a record, so that
// what is wrong with the rest of it comes to light.
func Resum(b []byte, id coatcheck.ID) {
	if len(b) < headSize {
		return
	}
	copy(b[idAt:], id[:])
	put := binary.BigEndian
	for _, at := range [...]int{slotA, slotB} {
		putSlot(b[at:], id, int64(put.Uint64(b[at:])))
	}
	put.PutUint32(b[bodySumAt:], checksum(b[headSize:]))
	put.PutUint32(b[headSumAt:], checksum(b[bodySumAt:headSize]))
}

// RecordPath and EntryPath are where a store in dir keeps things.
func RecordPath(dir string, id coatcheck.ID) string {
	return filepath.Join(dir, recordsDir, shardName(id[0]), fileName(id))
}

func EntryPath(dir, owner string, id coatcheck.ID) string {
	e := entryOf(owner, id)
	return filepath.Join(dir, ownersDir, e.dir(), e.name())
}

// Hold takes the lock of a session as another process might.
func Hold(s *Store, id coatcheck.ID) (release func(), err error) {
	h, err := s.lock(context.Background(), id)
	return h.unlock, err
}
