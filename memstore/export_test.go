package memstore

import (
	"bytes"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// What the tests reach inside for: a disk that fails, the limits of the
// machinery, and the formats without a file around them.

type (
	Disk = disk
	File = file
)

const (
	Shards      = shards
	Batch       = batch
	MaxPage     = maxPage
	Backlog     = backlog
	Chances     = chances
	Overhead    = overhead
	MaxRecord   = maxRecord
	HeadSize    = headSize
	EmptySize   = headSize + tailSize
	JournalHead = journalHead
	EntrySize   = entrySize
	FullJournal = fullJournal
)

// Owners returns how many owners the index has.
func Owners(s *Store) (n int) {
	for i := range s.owners.parts {
		p := &s.owners.parts[i]
		p.mu.Lock()
		n += len(p.orders)
		p.mu.Unlock()
	}
	return n
}

func RealDisk() Disk { return osDisk{} }

func OpenOn(d Disk, path string, opts *Options) (*Store, error) { return openOn(d, path, opts) }

func Encode(w io.Writer, written time.Time, position uint64, recs []*coatcheck.Record) error {
	return encode(w, written, position, recs)
}

func Decode(b []byte) ([]*coatcheck.Record, error) {
	_, recs, err := decode(bytes.NewReader(b), int64(len(b)))
	return recs, err
}

func DecodeJournal(b []byte) ([]coatcheck.ID, error) {
	_, ids, err := decodeJournal(bytes.NewReader(b))
	return ids, err
}

func EncodeJournal(first uint64, ids ...coatcheck.ID) []byte {
	b := appendJournalHead(nil, first)
	for i, id := range ids {
		b = appendEntry(b, first+uint64(i), id)
	}
	return b
}

// Miss is what happens to a change for which no watcher had room.
func (s *Store) Miss(change coatcheck.Change) {
	for _, w := range *s.watchers.now.Load() {
		w.miss(change)
	}
}
