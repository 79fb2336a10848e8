package filestore_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

var update = flag.Bool("update", false, "write the golden files of the present format")

// golden are the records in the golden files. They never change as long as
// version 1 of the format is read.
func golden() []*coatcheck.Record {
	day := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	end := time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC)
	return []*coatcheck.Record{
		{
			ID: coatcheck.ID{0: 0x01, 31: 0xff}, Owner: "user-42",
			Data: []byte(`{"cart":["coat","hat"],"views":7}`), Meta: []byte{1, 0, 0, 0, 0xca, 0xfe},
			Created: day.Add(time.Hour), AuthTime: day.Add(2 * time.Hour),
			Deadline: day.Add(14 * time.Hour), Expires: day.Add(3*time.Hour + 123*time.Millisecond),
			Version: 1<<62 + 5,
		},
		{
			ID: coatcheck.ID{0: 0x80}, Created: time.UnixMilli(-1).UTC(), Deadline: end, Expires: end, Version: 1,
		},
	}
}

func TestGoldenRecords(t *testing.T) {
	for i, want := range golden() {
		name := filepath.Join("testdata", fmt.Sprintf("record%d-v1.golden", i+1))
		if *update {
			b, err := filestore.Encode(want)
			must(t, err)
			must(t, os.WriteFile(name, b, 0o644))
		}
		got, err := filestore.Decode(read(t, name), want.ID)
		must(t, err)
		same(t, got, want)
		// Today's code writes what it did then.
		b, err := filestore.Encode(got)
		must(t, err)
		if !bytes.Equal(b, read(t, name)) {
			t.Errorf("%s is written differently: that is a new format, which needs a new version", name)
		}
	}
}

// A directory that holds the golden file opens, and has its record and, once
// the index is made anew, its owner.
func TestGoldenDirectory(t *testing.T) {
	dir, want := place(t), golden()[0]
	path := filestore.RecordPath(dir, want.ID)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, read(t, filepath.Join("testdata", "record1-v1.golden")), 0o600))
	s := openAt(t, dir, &clock{want.Created})
	has(t, s, want)
	if ids := owned(t, s, want.Owner); len(ids) != 1 || ids[0] != want.ID {
		t.Errorf("the owner has %d sessions, want the one", len(ids))
	}
}
