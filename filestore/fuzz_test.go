package filestore_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/filestore"
)

// FuzzRecord reads arbitrary bytes as the file of a record: it never panics, and
// what it accepts has the ID that was asked for and is the same when it is
// written again.
func FuzzRecord(f *testing.F) {
	id := golden()[0].ID
	whole := read(f, filepath.Join("testdata", "record1-v1.golden"))
	f.Add(whole)
	f.Add(read(f, filepath.Join("testdata", "record2-v1.golden")))
	f.Add([]byte{})
	f.Add(whole[:filestore.HeadSize])
	f.Add(whole[:len(whole)-1])
	for _, at := range []int{0, 7, filestore.SlotA, filestore.SlotB + 3, filestore.HeadSumAt, filestore.OwnerLenAt, filestore.OwnerLenAt + 4, filestore.OwnerLenAt + 8} {
		b := bytes.Clone(whole)
		b[at] ^= 0xff
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		righted := bytes.Clone(b)
		filestore.Resum(righted, id)
		for _, b := range [][]byte{b, righted} {
			rec, err := filestore.Decode(b, id)
			if err != nil {
				continue
			}
			if rec.ID != id {
				t.Errorf("the record of %v is read as that of %v", rec.ID, id)
			}
			again, err := filestore.Encode(rec)
			must(t, err)
			twice, err := filestore.Decode(again, id)
			must(t, err)
			same(t, twice, rec)
		}
	})
}

// Promise 8: whichever bit of a file is wrong, the record is not served as
// another one.
func TestEveryFlippedBitIsFound(t *testing.T) {
	want := golden()[0]
	whole := read(t, filepath.Join("testdata", "record1-v1.golden"))
	for bit := range 8 * len(whole) {
		b := bytes.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		got, err := filestore.Decode(b, want.ID)
		// Of the two slots, one is enough.
		if slots := bit/8 >= filestore.SlotA && bit/8 < filestore.SlotB+filestore.SlotSize; slots && err == nil {
			same(t, got, want)
		} else if err == nil {
			t.Errorf("bit %d is wrong, and nobody notices", bit)
		}
	}
	for n := range whole {
		if _, err := filestore.Decode(whole[:n], want.ID); err == nil {
			t.Errorf("a file of %d bytes is accepted", n)
		}
	}
	if _, err := filestore.Decode(append(bytes.Clone(whole), 0), want.ID); err == nil {
		t.Error("a file that is too long is accepted")
	}
	if _, err := filestore.Decode(whole, golden()[1].ID); err == nil {
		t.Error("a record is accepted as another session's")
	}
}
