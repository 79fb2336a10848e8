package hashstore_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

var goldenUpdate = flag.Bool("update", false, "write the golden file anew")

// goldenFile was written by the first version of this package: every later one
// reads it. It is compressed, since a file of this kind is zeros mostly.
const goldenFile = "testdata/version1.gz"

// goldenStart is when the golden sessions began, and the clock stood then.
var goldenStart = time.UnixMilli(1_700_000_000_000).UTC()

// goldenRecord is the record of a number.
func goldenRecord(i int, owner string, data []byte) *coatcheck.Record {
	rec := &coatcheck.Record{
		Owner: owner, Version: 1, Data: data, Meta: []byte(fmt.Sprint("meta ", i)),
		Created: goldenStart, Expires: goldenStart.Add(time.Hour), Deadline: goldenStart.Add(24 * time.Hour),
	}
	copy(rec.ID[:], fmt.Sprintf("the golden session number %06d", i))
	if owner != "" {
		rec.AuthTime = goldenStart.Add(time.Minute)
	}
	return rec
}

// goldenRecords are what is in the file: a guest, one with an owner, one that is
// compressed, a replaced one, a touched one, and one larger than a segment.
func goldenRecords() []*coatcheck.Record {
	recs := []*coatcheck.Record{
		goldenRecord(0, "", []byte("of a guest")),
		goldenRecord(1, "grüße", []byte("of a user")),
		goldenRecord(2, "alice", bytes.Repeat([]byte("compressed "), 100)),
		goldenRecord(3, "alice", []byte("second version")),
		goldenRecord(4, "alice", []byte("touched")),
		goldenRecord(5, "bob", bytes.Repeat([]byte("large "), 50_000)),
		goldenRecord(6, "bob", nil),
	}
	recs[3].Version = 2
	recs[4].Expires = goldenStart.Add(2 * time.Hour)
	return recs
}

const goldenGone, goldenExpired = 7, 8 // one deleted, one that is no longer live

func goldenOptions(at time.Time) hashstore.Options {
	return hashstore.Options{
		MaxBytes: 4 << 20, CompressAbove: 500, SweepInterval: hashstore.NoSweep, Logger: quiet,
		Now: func() time.Time { return at },
	}
}

// writeGolden makes the file.
func writeGolden(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sessions")
	o := goldenOptions(goldenStart)
	s, err := hashstore.Open(path, &o)
	must(t, err)
	o.CompressAbove = 0
	plain, err := hashstore.Open(path, &o)
	must(t, err)
	for i, rec := range goldenRecords() {
		first := *rec
		first.Version, first.Expires = 1, goldenStart.Add(time.Hour)
		if i == 5 {
			must(t, plain.Create(t.Context(), &first))
			continue
		}
		must(t, s.Create(t.Context(), &first))
		switch i {
		case 3:
			must(t, s.Replace(t.Context(), rec, 1))
		case 4:
			must(t, s.Touch(t.Context(), rec.ID, rec.Expires))
		}
	}
	dead := goldenRecord(goldenGone, "carol", []byte("deleted"))
	must(t, s.Create(t.Context(), dead))
	must(t, s.Delete(t.Context(), dead.ID))
	over := goldenRecord(goldenExpired, "carol", []byte("expired"))
	over.Expires = goldenStart.Add(time.Minute)
	must(t, s.Create(t.Context(), over))
	must(t, plain.Close())
	must(t, s.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	must(t, err)
	_, err = w.Write(b)
	must(t, err)
	must(t, w.Close())
	must(t, os.WriteFile(goldenFile, small.Bytes(), 0o644))
}

// readGolden unpacks the file and returns where it is.
func readGolden(t *testing.T) (path string) {
	t.Helper()
	f, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	must(t, err)
	b, err := io.ReadAll(r)
	must(t, err)
	path = filepath.Join(fastDir(t), "sessions")
	must(t, os.WriteFile(path, b, 0o600))
	return path
}

// A file of the first version is opened by every later one, and has all that it
// had.
func TestGoldenFile(t *testing.T) {
	if *goldenUpdate {
		writeGolden(t)
	}
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := readGolden(t)
		sound(t, path) // before anybody has made it his own
		golden := goldenOptions(goldenStart.Add(10 * time.Minute))
		golden.Portable, golden.MustExist = o.Portable, true
		s := open(t, path, golden)
		for i, want := range goldenRecords() {
			got, err := s.Load(t.Context(), want.ID)
			if err != nil {
				t.Errorf("Load of session %d: %v", i, err)
				continue
			}
			if !sameRecord(got, want) {
				t.Errorf("session %d is %+v, want %+v", i, got, want)
			}
		}
		for _, i := range []int{goldenGone, goldenExpired} {
			if _, err := s.Load(t.Context(), goldenRecord(i, "", nil).ID); !errors.Is(err, coatcheck.ErrNotFound) {
				t.Errorf("Load of session %d, which is gone: %v", i, err)
			}
		}
		ids, _, err := s.Owned(t.Context(), "alice", "", 10)
		if err != nil || len(ids) != 3 {
			t.Errorf("alice has %d sessions, %v; want 3", len(ids), err)
		}
		sound(t, path)
	})
}

// sameRecord reports whether two records are the same in every field.
func sameRecord(a, b *coatcheck.Record) bool {
	return a.ID == b.ID && a.Owner == b.Owner && a.Version == b.Version &&
		bytes.Equal(a.Data, b.Data) && bytes.Equal(a.Meta, b.Meta) &&
		a.Created.Equal(b.Created) && a.AuthTime.Equal(b.AuthTime) &&
		a.Deadline.Equal(b.Deadline) && a.Expires.Equal(b.Expires)
}
