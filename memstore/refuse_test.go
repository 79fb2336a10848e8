package memstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// sound returns the bytes of a snapshot of three sessions.
func sound(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	recs := []*coatcheck.Record{session(0, "ann"), session(1, ""), session(2, "bob")}
	recs[1].Meta = make([]byte, 200)
	must(t, memstore.Encode(&b, start, 7, recs))
	return b.Bytes()
}

// resum puts right the checksums of what a test has changed on purpose.
func resum(b []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	binary.BigEndian.PutUint32(b[48:], crc32.Checksum(b[:48], table))
	body := b[memstore.HeadSize : len(b)-8]
	for at := 0; at+8 <= len(body); {
		n := int(binary.BigEndian.Uint32(body[at:]))
		if at+8+n > len(body) {
			break
		}
		binary.BigEndian.PutUint32(body[at+4:], crc32.Checksum(body[at+8:at+8+n], table))
		at += 8 + n
	}
	binary.BigEndian.PutUint32(b[len(b)-8:], crc32.Checksum(body, table))
	return b
}

// refused checks that Open refuses the files, says why, and leaves them alone.
func refused(t *testing.T, path string, want error, why string) {
	t.Helper()
	o, _ := manual()
	before := contents(t, path)
	_, err := memstore.Open(path, o)
	wants(t, err, want)
	if !strings.HasPrefix(err.Error(), "memstore: open: ") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), why) {
		t.Errorf("error is %q; it should name the file and say %q", err, why)
	}
	if after := contents(t, path); after != before {
		t.Errorf("files were\n%s\nand are\n%s", before, after)
	}
	// Nor does the failed attempt keep the lock.
	if _, again := memstore.Open(path, o); again == nil || again.Error() != err.Error() {
		t.Errorf("the second error is %v, want %v", again, err)
	}
}

// contents describes the files of a directory, except the lock.
func contents(t *testing.T, path string) string {
	t.Helper()
	var s strings.Builder
	for _, name := range names(t, path) {
		if strings.HasSuffix(name, ".lock") {
			continue
		}
		info, err := os.Lstat(filepath.Join(filepath.Dir(path), name))
		must(t, err)
		var b []byte
		if info.Mode().IsRegular() {
			b = read(t, filepath.Join(filepath.Dir(path), name))
		}
		fmt.Fprintf(&s, "%s %v %x\n", name, info.Mode(), b)
	}
	return s.String()
}

func TestDamagedSnapshotsAreRefusedAndKept(t *testing.T) {
	const record = memstore.HeadSize + 8 // where the first record's body begins
	for name, c := range map[string]struct {
		damage func(b []byte) []byte
		why    string
	}{
		"empty":            {func(b []byte) []byte { return nil }, "it has 0 bytes"},
		"short":            {func(b []byte) []byte { return b[:len(b)-1] }, "its records take"},
		"long":             {func(b []byte) []byte { return append(b, 0) }, "its records take"},
		"foreign":          {func(b []byte) []byte { return append([]byte("SQLite format 3\x00"), b...) }, "does not begin with"},
		"newer":            {func(b []byte) []byte { b[11] = 2; return resum(b) }, "format version is 2"},
		"reserved":         {func(b []byte) []byte { b[15] = 1; return resum(b) }, "bytes 12 to 15"},
		"head":             {func(b []byte) []byte { b[20] ^= 1; return b }, "checksum of its head"},
		"too many records": {func(b []byte) []byte { b[32] = 0xff; return resum(b) }, "cannot be in"},
		"a record more":    {func(b []byte) []byte { b[39]++; return resum(b) }, "record 4 of 4 has no room"},
		"a record less":    {func(b []byte) []byte { b[39]--; return resum(b) }, "follow the last record"},
		"a record too long": {func(b []byte) []byte {
			b[memstore.HeadSize] = 0xff
			return resum(b)
		}, "record 1 of 3 has a length of"},
		"a record too short": {func(b []byte) []byte {
			b[memstore.HeadSize+3] = 79
			return resum(b)
		}, "record 1 of 3 has a length of 79"},
		"data":       {func(b []byte) []byte { b[len(b)-10] ^= 1; return b }, "checksum of record 3 of 3"},
		"owner":      {func(b []byte) []byte { b[record+72] = 0xff; return resum(b) }, "lengths in record 1 of 3"},
		"meta":       {func(b []byte) []byte { b[record+76] = 0xff; return resum(b) }, "lengths in record 1 of 3"},
		"all":        {func(b []byte) []byte { b[len(b)-8] ^= 1; return b }, "checksum of all records"},
		"end":        {func(b []byte) []byte { b[len(b)-1] = '!'; return b }, "does not end in"},
		"a swap":     {swapRecords, "checksum of all records"},
		"a repeated": {repeatRecord, "has the ID of another"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions")
			must(t, os.WriteFile(path, c.damage(sound(t)), 0o600))
			refused(t, path, coatcheck.ErrCorrupt, c.why)
		})
	}
}

// swapRecords exchanges the first record and the second, which are sound each
// by itself.
func swapRecords(b []byte) []byte {
	first := 8 + int(binary.BigEndian.Uint32(b[memstore.HeadSize:]))
	second := 8 + int(binary.BigEndian.Uint32(b[memstore.HeadSize+first:]))
	at := memstore.HeadSize
	swapped := slices.Concat(b[:at], b[at+first:at+first+second], b[at:at+first], b[at+first+second:])
	return swapped
}

// repeatRecord gives the second record the ID of the first.
func repeatRecord(b []byte) []byte {
	first := 8 + int(binary.BigEndian.Uint32(b[memstore.HeadSize:]))
	at := memstore.HeadSize + 8
	copy(b[at+first:at+first+32], b[at:at+32])
	return resum(b)
}

// Whichever byte of a snapshot is wrong, it is noticed.
func TestEveryFlippedByteOfASnapshotIsNoticed(t *testing.T) {
	b := sound(t)
	if _, err := memstore.Decode(b); err != nil {
		t.Fatal(err)
	}
	for i := range b {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			b[i] ^= flip
			if _, err := memstore.Decode(b); err == nil {
				t.Errorf("byte %d may be wrong by %#x", i, flip)
			}
			b[i] ^= flip
		}
	}
	for n := range b {
		if _, err := memstore.Decode(b[:n]); err == nil {
			t.Errorf("%d bytes of %d are enough", n, len(b))
		}
	}
}

func TestDamagedJournalsAreRefusedAndKept(t *testing.T) {
	const entry = memstore.JournalHead
	for name, c := range map[string]struct {
		damage func(b []byte) []byte
		why    string
	}{
		"empty":   {func(b []byte) []byte { return nil }, "fewer than"},
		"short":   {func(b []byte) []byte { return b[:entry-1] }, "fewer than"},
		"foreign": {func(b []byte) []byte { b[0] = 'x'; return b }, "does not begin with"},
		"newer":   {func(b []byte) []byte { b[11] = 9; return b }, "format version is 9"},
		"head":    {func(b []byte) []byte { b[23] ^= 1; return b }, "checksum of its head"},
		"entry":   {func(b []byte) []byte { b[entry+5] ^= 1; return b }, "entry 1 is wrong"},
		"ahead":   {func(b []byte) []byte { return memstore.EncodeJournal(8, idOf(0)) }, "one of the two is of another time"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions")
			must(t, os.WriteFile(path, sound(t), 0o600))
			b := memstore.EncodeJournal(7, idOf(0), idOf(1))
			must(t, os.WriteFile(path+".journal", c.damage(b), 0o600))
			refused(t, path, coatcheck.ErrCorrupt, c.why)
		})
	}
}

func TestAJournalIsReplayedFromThePlaceOfTheSnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	must(t, os.WriteFile(path, sound(t), 0o600)) // position 7
	must(t, os.WriteFile(path+".journal", memstore.EncodeJournal(5, idOf(9), idOf(0), idOf(1), idOf(9)), 0o600))
	o, _ := manual()
	s := open(t, path, o)
	has(t, s, 0, true) // noted at 6, before the snapshot
	has(t, s, 1, false)
	has(t, s, 2, true)
	must(t, s.Delete(context.Background(), idOf(2)))
	ids, err := memstore.DecodeJournal(read(t, path+".journal"))
	must(t, err)
	if want := []coatcheck.ID{idOf(9), idOf(0), idOf(1), idOf(9), idOf(2)}; !slices.Equal(ids, want) {
		t.Errorf("the journal has %d entries, want %d", len(ids), len(want))
	}
}

// A journal that ends before the snapshot's place is left from a crash between
// two steps, and of no use.
func TestAJournalThatIsBehindBeginsAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	must(t, os.WriteFile(path, sound(t), 0o600))
	must(t, os.WriteFile(path+".journal", memstore.EncodeJournal(1, idOf(0), idOf(1)), 0o600))
	o, _ := manual()
	s := open(t, path, o)
	for n := range 3 {
		has(t, s, n, true)
	}
	must(t, s.Delete(context.Background(), idOf(2)))
	s = open(t, crash(t, path), o)
	has(t, s, 2, false)
	has(t, s, 1, true)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return b
}

func TestOpenNeedsAPathAndADirectory(t *testing.T) {
	_, err := memstore.Open("", nil)
	wants(t, err, coatcheck.ErrInvalid)
	_, err = memstore.Open(filepath.Join(t.TempDir(), "none", "sessions"), nil)
	wants(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := memstore.Open(filepath.Join(file, "sessions"), nil); err == nil {
		t.Error("a file passes for a directory")
	}
	dir := filepath.Join(t.TempDir(), "sessions")
	must(t, os.Mkdir(dir, 0o700))
	refused(t, dir, coatcheck.ErrInvalid, "is no regular file")
}

func TestOnlyOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	_, err := memstore.Open(path, o)
	if err == nil || !strings.Contains(err.Error(), path+".lock") {
		t.Fatalf("the second Open: error is %v; it should name the lock", err)
	}
	fill(t, s, 0, 1, "ann")
	must(t, s.Close())
	has(t, open(t, path, o), 0, true)
}
