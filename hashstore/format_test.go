package hashstore_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// The numbers here are those of docs/HASHSTORE.md, not those of the program: a
// change of either is a change of the format.
func TestFileIsAsDocumented(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	s, err := hashstore.Open(path, &hashstore.Options{MaxBytes: 4 << 20, Logger: quiet})
	must(t, err)
	rec, gone := record("alice", 100), record("bob", 10)
	must(t, s.Create(ctx, rec))
	must(t, s.Create(ctx, gone))
	must(t, s.Delete(ctx, gone.ID))
	must(t, s.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
	u64 := func(at int) int { return int(binary.LittleEndian.Uint64(b[at:])) }
	sum := func(from, to int) int { return int(crc32.Checksum(b[from:to], crc32.MakeTable(crc32.Castagnoli))) }
	equal := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %d, want %d", what, got, want)
		}
	}
	for _, at := range []int{0, 4096} {
		if string(b[at:at+16]) != "coatcheck hash\r\n" {
			t.Errorf("no header at %d", at)
		}
		equal("version", u32(at+16), 1)
		equal("byte order", u32(at+20), 0x01020304)
		equal("segment", u32(at+24), 262144)
		equal("checksum of the header", u32(at+60), sum(at, at+60))
	}
	equal("records", u64(8192+160), 1)
	equal("owned", u64(8192+176), 1)
	equal("flags", u64(8192+208), 1)
	if string(b[8192+512:][:8]) != "identity" {
		t.Error("no identity")
	}
	equal("checksum of the identity", u32(8192+512+48), sum(8192+512, 8192+512+48))
	log := -1
	for n := range u64(8192 + 192) {
		if b[16384+32*n] == 2 {
			log = n
		}
	}
	seg := 1064960 + log*262144
	if string(b[seg:seg+8]) != "segment\n" {
		t.Fatal("no segment of the log")
	}
	equal("number of the segment", u32(seg+24), log)
	equal("its generation", u32(seg+32), u32(16384+32*log+4))
	equal("its checksum", u32(seg+60), sum(seg, seg+60))
	at := seg + 64
	equal("checksum of the head", u32(at), sum(at+4, at+128))
	equal("checksum of the body", u32(at+4), sum(at+128, at+128+5+4+100))
	equal("kind", int(b[at+20]), 0x52)
	equal("version", u64(at+24), 1)
	if string(b[at+32:at+64]) != string(rec.ID[:]) {
		t.Error("another ID")
	}
	equal("expires", u64(at+64), int(rec.Expires.UnixMilli()))
	equal("deadline", u64(at+72), int(rec.Deadline.UnixMilli()))
	equal("created", u64(at+88), int(rec.Created.UnixMilli()))
	equal("login", u64(at+96), int(rec.AuthTime.UnixMilli()))
	equal("owner", u32(at+104), 5)
	equal("meta", u32(at+108), 4)
	equal("data", u32(at+112), 100)
	if string(b[at+128:at+137]) != "alicemeta" {
		t.Error("another body")
	}
	at += (128 + 109 + 7) &^ 7
	equal("kind of the next", int(b[at+20]), 0x52)
	at += (128 + 3 + 4 + 10 + 7) &^ 7
	equal("kind of the tombstone", int(b[at+20]), 0x54)
	slot := slotOf(b, rec.ID[:])
	equal("place in the slot", int(binary.LittleEndian.Uint64(b[slot:])&(1<<33-1)<<3), seg+64)
	equal("expiry in the slot", int(binary.LittleEndian.Uint64(b[slot+8:])>>16), int(rec.Expires.UnixMilli()))
}

// slotOf finds the slot of an ID by looking at all.
func slotOf(b []byte, id []byte) int {
	table := binary.LittleEndian.Uint64(b[8192+144:])
	bits, first := table&0xff, int(table>>8&0xffffff)
	from := 1064960 + first*262144 + 8<<(bits-1)
	for slot := from; ; slot += 64 {
		if string(b[slot+16:slot+48]) == string(id) {
			return slot
		}
	}
}
