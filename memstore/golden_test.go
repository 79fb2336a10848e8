package memstore_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var update = flag.Bool("update", false, "write the golden files of the present format")

// golden are the records in the golden file. Neither changes as long as
// version 1 of the format is read.
func golden() []*coatcheck.Record {
	day := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	return []*coatcheck.Record{
		{
			ID:       coatcheck.ID{0: 0x01, 31: 0xff},
			Owner:    "user-42",
			Data:     []byte(`{"cart":["coat","hat"],"views":7}`),
			Meta:     []byte{1, 0, 0, 0, 0xca, 0xfe},
			Created:  day.Add(time.Hour),
			AuthTime: day.Add(2 * time.Hour),
			Deadline: day.Add(14 * time.Hour),
			Expires:  day.Add(3*time.Hour + 123*time.Millisecond),
			Version:  1<<62 + 5,
		},
		{
			ID:       coatcheck.ID{0: 0x80},
			Created:  day,
			Deadline: day.Add(2 * time.Hour),
			Expires:  day.Add(30 * time.Minute),
			Version:  1,
		},
		{
			ID:       coatcheck.ID{0: 0xff},
			Owner:    "\x00 any \xff bytes",
			Data:     []byte{0, 0xff, '\n'},
			Meta:     bytes.Repeat([]byte{0xee}, coatcheck.MaxMeta),
			Created:  time.UnixMilli(-1).UTC(),
			AuthTime: day,
			Deadline: time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC),
			Expires:  time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC),
			Version:  1<<63 - 1,
		},
	}
}

func TestGoldenSnapshot(t *testing.T) {
	name := filepath.Join("testdata", "snapshot-v1.golden")
	if *update {
		var b bytes.Buffer
		must(t, memstore.Encode(&b, golden()[0].Created, 3, golden()))
		must(t, os.WriteFile(name, b.Bytes(), 0o644))
	}
	recs, err := memstore.Decode(read(t, name))
	must(t, err)
	if len(recs) != len(golden()) {
		t.Fatalf("%d records, want %d", len(recs), len(golden()))
	}
	for i, want := range golden() {
		same(t, recs[i], want)
	}
	// Today's code writes what it did then.
	var b bytes.Buffer
	must(t, memstore.Encode(&b, golden()[0].Created, 3, recs))
	if !bytes.Equal(b.Bytes(), read(t, name)) {
		t.Error("the same records are written differently: that is a new format, which needs a new version")
	}
}

func TestGoldenJournal(t *testing.T) {
	name := filepath.Join("testdata", "journal-v1.golden")
	want := []coatcheck.ID{golden()[0].ID, golden()[2].ID}
	if *update {
		must(t, os.WriteFile(name, memstore.EncodeJournal(3, want...), 0o644))
	}
	b := read(t, name)
	ids, err := memstore.DecodeJournal(b)
	must(t, err)
	if len(ids) != 2 || ids[0] != want[0] || ids[1] != want[1] {
		t.Errorf("entries are %v, want %v", ids, want)
	}
	if !bytes.Equal(memstore.EncodeJournal(3, ids...), b) {
		t.Error("the same entries are written differently: that is a new format, which needs a new version")
	}
}

// The golden pair is what a crash left: it opens, without what the journal
// says.
func TestGoldenFilesOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	must(t, os.WriteFile(path, read(t, filepath.Join("testdata", "snapshot-v1.golden")), 0o600))
	must(t, os.WriteFile(path+".journal", read(t, filepath.Join("testdata", "journal-v1.golden")), 0o600))
	o, c := manual()
	c.Time = golden()[1].Created
	s := open(t, path, o)
	got, err := s.Load(t.Context(), golden()[1].ID)
	must(t, err)
	same(t, got, golden()[1])
	if st := stat(t, s); st.Records != 1 {
		t.Errorf("%d records, want the one that has not ended", st.Records)
	}
}
