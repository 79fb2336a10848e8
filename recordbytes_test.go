package coatcheck_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

var packed = &coatcheck.Record{
	ID: coatcheck.ID{1, 2, 3, 31: 32}, Owner: "ada", Data: []byte(`{"views":7}`), Meta: []byte{9, 8, 7}, Version: 1<<32 | 5,
	Created: time.UnixMilli(1_700_000_000_000).UTC(), AuthTime: time.UnixMilli(1_700_000_060_000).UTC(),
	Deadline: time.UnixMilli(1_700_043_260_000).UTC(), Expires: time.UnixMilli(1_700_001_860_000).UTC(),
}

// packedFile was written by the first version of the format.
var packedFile = filepath.Join("testdata", "record-bytes-v1.golden")

func TestRecordBytesAreThoseOfTheFirstVersion(t *testing.T) {
	written, err := packed.MarshalBinary()
	expectNil(t, err)
	if *goldenUpdate {
		expectNil(t, os.WriteFile(packedFile, written, 0o644))
	}
	want, err := os.ReadFile(packedFile)
	expectNil(t, err)
	if !bytes.Equal(written, want) {
		t.Errorf("written:\n%x\nwant:\n%x", written, want)
	}
	var read coatcheck.Record
	expectNil(t, read.UnmarshalBinary(want))
	if !reflect.DeepEqual(&read, packed) {
		t.Errorf("read %+v, want %+v", read, packed)
	}
}

// A record without a login, an owner or data comes back as it was.
func TestRecordBytesOfTheLeastRecord(t *testing.T) {
	least := &coatcheck.Record{Created: packed.Created, Deadline: packed.Deadline, Expires: packed.Expires}
	b, err := least.AppendBinary([]byte("before"))
	expectNil(t, err)
	var read coatcheck.Record
	expectNil(t, read.UnmarshalBinary(b[len("before"):]))
	expectEqual(t, "the time of login is zero", read.AuthTime.IsZero(), true)
	expectEqual(t, "bytes", len(read.Owner)+len(read.Meta)+len(read.Data), 0)
	expectEqual(t, "bytes in all", len(b), len("before")+88)
}

func TestRecordBytesThatAreDamaged(t *testing.T) {
	whole, err := packed.MarshalBinary()
	expectNil(t, err)
	untouched := coatcheck.Record{Owner: "untouched"}
	refuses := func(what string, b []byte) {
		t.Helper()
		rec := untouched
		expectError(t, rec.UnmarshalBinary(b), coatcheck.ErrCorrupt)
		if !reflect.DeepEqual(rec, untouched) {
			t.Errorf("%s: the record was changed", what)
		}
	}
	for n := range whole {
		refuses("cut short", whole[:n])
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[n] ^= 1 << bit
			refuses("a bit flipped", b)
		}
	}
	refuses("one byte more", append(bytes.Clone(whole), 0))

	later := bytes.Clone(whole)
	later[3] = 2
	err = new(coatcheck.Record).UnmarshalBinary(later)
	expectEqual(t, "the version is named", strings.Contains(err.Error(), "version 2"), true)

	// Lengths that lie, under a checksum that is right.
	for _, owner := range []uint32{1 << 31, 1<<32 - 1, uint32(len(whole))} {
		b := bytes.Clone(whole)
		binary.BigEndian.PutUint32(b[80:], owner)
		binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[8:], crc32.MakeTable(crc32.Castagnoli)))
		refuses("a length that lies", b)
	}
}

// FuzzRecordBytes: any bytes are a record that says the same when it is
// written again, or damage.
func FuzzRecordBytes(f *testing.F) {
	whole, err := packed.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		rec := new(coatcheck.Record)
		if rec.UnmarshalBinary(b) != nil {
			return
		}
		again, err := rec.MarshalBinary()
		expectNil(t, err)
		if !bytes.Equal(again, b) {
			t.Errorf("%x was read, %x written", b, again)
		}
	})
}
