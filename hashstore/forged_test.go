package hashstore_test

import (
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// forge writes into data, from 4 on, what would be sessions of an ID in segments
// that begin at the numbers behind from. The numbers are docs/HASHSTORE.md's.
func forge(data []byte, id coatcheck.ID, from uint32) {
	table := crc32.MakeTable(crc32.Castagnoli)
	le := binary.LittleEndian
	until := uint64(time.Now().Add(time.Hour).UnixMilli())
	for i, at := uint32(0), 4; at+128 <= len(data); i, at = i+1, at+128 {
		e := data[at : at+128]
		le.PutUint64(e[8:], 1<<40)
		le.PutUint32(e[16:], from+i%200)
		e[20] = 0x52
		le.PutUint64(e[24:], 1)
		copy(e[32:], id[:])
		for _, times := range []int{64, 72, 80} {
			le.PutUint64(e[times:], until)
		}
		le.PutUint32(e[0:], crc32.Checksum(e[4:], table))
	}
}

// What a visitor keeps in a session stays in the file for a while when it has
// ended, behind the records of those who come after. If the index is made anew
// then, it is not taken for a session that he made up, since he cannot know the
// number with which a segment will begin.
func TestDataIsNeverTakenForASession(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		visitor, forged := record("", 250_000), record("admin", 0)
		forge(visitor.Data, forged.ID, 1<<26) // where the numbers of a new file begin
		must(t, s.Create(t.Context(), visitor))
		must(t, s.Delete(t.Context(), visitor.ID))
		_, segment := fillOne(t, s)
		for range 20 {
			hashstore.CompactStep(t, s, 64<<10)
		}
		hashstore.FreeEmptied(t, s)
		if _, again := fillOne(t, s); again != 1 || segment != 2 {
			t.Fatalf("segments %d and %d were taken, want 2 and 1", segment, again)
		}
		gone(t, reborn(t, path, o), forged.ID, "a session that nobody created")
	})
}

// fillOne creates sessions until another segment begins.
func fillOne(t *testing.T, s *hashstore.Store) (first bool, segment int) {
	t.Helper()
	for !first {
		rec := record("alice", 20_000)
		must(t, s.Create(t.Context(), rec))
		first, segment = hashstore.LeadsSegment(t, s, rec.ID)
	}
	return first, segment
}
