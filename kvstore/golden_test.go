package kvstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

var golden = &coatcheck.Record{
	ID: coatcheck.ID{1, 2, 3, 31: 32}, Owner: "ada", Data: []byte(`{"views":7}`), Meta: []byte{9, 8, 7}, Version: 1<<32 | 5,
	Created: time.UnixMilli(1_700_000_000_000).UTC(), AuthTime: time.UnixMilli(1_700_000_060_000).UTC(),
	Deadline: time.UnixMilli(1_700_043_260_000).UTC(), Expires: time.UnixMilli(1_700_001_860_000).UTC(),
}

// TestGolden reads the value that the first version of the format wrote, and
// writes it again.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "value-1")
	things := newShelf()
	store := open(t, things, func() time.Time { return golden.Created })
	create(t, store, golden)
	written, rev, err := things.Get(t.Context(), "coatcheck.s."+golden.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, want) {
		t.Errorf("written:\n%x\nwant what %s holds:\n%x", written, path, want)
	}
	if err := things.Put(t.Context(), "coatcheck.s."+golden.ID.String(), want, rev, golden.Deadline); err != nil {
		t.Fatal(err)
	}
	got, err := store.Load(t.Context(), golden.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Owner != golden.Owner || string(got.Data) != string(golden.Data) || string(got.Meta) != string(golden.Meta) ||
		got.Version != golden.Version || !got.Created.Equal(golden.Created) || !got.AuthTime.Equal(golden.AuthTime) ||
		!got.Deadline.Equal(golden.Deadline) || !got.Expires.Equal(golden.Expires) {
		t.Errorf("read %+v, want %+v", got, golden)
	}
}
