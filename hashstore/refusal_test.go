package hashstore_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// reseal computes the checksum of a header, or of a segment's head, anew.
func reseal(b []byte) {
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli)))
}

// TestMustExist: a file that is missing or empty is refused, and left as it is.
func TestMustExist(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	refused := func() {
		t.Helper()
		if s, err := hashstore.Open(path, &hashstore.Options{MustExist: true}); err == nil {
			t.Error("it was opened", s.Close())
		}
	}
	refused()
	must(t, os.WriteFile(path, nil, 0o600))
	refused()
	if info, err := os.Stat(path); err != nil || info.Size() > 0 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	s, err := hashstore.Open(path, nil)
	must(t, err)
	must(t, s.Close())
	s, err = hashstore.Open(path, &hashstore.Options{MustExist: true})
	must(t, err)
	must(t, s.Close())
}

// A file that another program has written, of a later version or on another
// machine, is refused with an error that says so, and left as it is.
func TestFileOfAnotherKindIsRefused(t *testing.T) {
	for name, x := range map[string]struct {
		at   int
		word uint32
		says string
	}{
		"later version":        {16, 2, "has version 2 of the format; this program knows version 1"},
		"other byte order":     {20, 0x04030201, "another byte order"},
		"other segments":       {24, 512 << 10, "has segments of 524288 bytes"},
		"segments of no bytes": {24, 0, "has segments of 0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := newSpecimen(t)
			head := append([]byte{}, spec.bytes[:8192]...)
			for _, at := range []int{0, 4096} {
				binary.LittleEndian.PutUint32(head[at+x.at:], x.word)
				reseal(head[at:])
			}
			spec.put(t, 0, head)
			before, err := os.ReadFile(spec.path)
			must(t, err)
			refused := func(what string, err error) {
				if !errors.Is(err, coatcheck.ErrUnsupported) || !strings.Contains(err.Error(), x.says) {
					t.Errorf("%s: %v, want an error that says %q", what, err, x.says)
				}
			}
			s, err := hashstore.Open(spec.path, &hashstore.Options{Logger: quiet})
			if err == nil {
				s.Close()
			}
			refused("Open", err)
			_, err = hashstore.Check(spec.path)
			refused("Check", err)
			_, err = hashstore.Repair(spec.path)
			refused("Repair", err)
			refused("Compact", hashstore.Compact(spec.path))
			after, err := os.ReadFile(spec.path)
			must(t, err)
			if string(before) != string(after) {
				t.Error("it has been changed")
			}
		})
	}
}

// logSegments returns where the segments of the log begin, of which small files
// have few.
func logSegments(b []byte) (all []int) {
	for at := hashstore.FrontBytes; at+64 <= len(b); at += 256 << 10 {
		if string(b[at:at+8]) == "segment\n" {
			all = append(all, at)
		}
	}
	return all
}

// largeSpecimen is a specimen of several segments.
func largeSpecimen(t *testing.T) *specimen {
	t.Helper()
	x := &specimen{path: filepath.Join(fastDir(t), "sessions"), live: map[coatcheck.ID]*coatcheck.Record{}}
	o := hashstore.Options{MaxBytes: 4 << 20, SweepInterval: hashstore.NoSweep, Logger: quiet}
	s, err := hashstore.Open(x.path, &o)
	must(t, err)
	for i := range 60 {
		rec := record("alice", 10_000)
		must(t, s.Create(t.Context(), rec))
		if i%3 == 0 {
			must(t, s.Delete(t.Context(), rec.ID))
			x.dead = append(x.dead, rec.ID)
			continue
		}
		x.live[rec.ID] = rec
	}
	must(t, s.Close())
	sound(t, x.path)
	x.bytes, err = os.ReadFile(x.path)
	must(t, err)
	return x
}

// Segments that are not where they belong, or are another file's, are not taken
// for records: by Check, by who opens the file, and by who makes its index anew.
func TestSegmentsInWrongPlacesAreNotTaken(t *testing.T) {
	const size = 256 << 10
	x, foreign := largeSpecimen(t), largeSpecimen(t)
	logs := logSegments(x.bytes)
	if len(logs) < 3 || len(logSegments(foreign.bytes)) < 3 {
		t.Fatal("there are too few segments")
	}
	a, b := logs[0], logs[1]
	for name, spoil := range map[string]func(){
		"swapped": func() {
			x.put(t, a, x.bytes[b:b+size])
			x.put(t, b, x.bytes[a:a+size])
		},
		"duplicated": func() { x.put(t, b, x.bytes[a:a+size]) },
		"another file's": func() {
			at := logSegments(foreign.bytes)[0]
			x.put(t, at, foreign.bytes[at:at+size])
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, anew := range []bool{false, true} {
				x.restore(t)
				spoil()
				if r, err := hashstore.Check(x.path); err == nil && len(r.Faults) == 0 {
					t.Error("Check finds nothing")
				}
				if anew {
					boots(t, x.path)
				}
				s := x.open(t)
				if s == nil {
					t.Fatal("Open fails for the sake of some segments")
				}
				x.harmless(t, s, name)
				for id := range foreign.live {
					gone(t, s, id, "another file's session")
				}
				must(t, s.Close())
				x.mended(t, name)
			}
		})
	}
}
