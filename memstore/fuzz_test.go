package memstore_test

import (
	"bytes"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/coatcheck/coatcheck/memstore"
)

// FuzzSnapshot reads arbitrary bytes as a snapshot: it never panics, and never
// asks for much more memory than there are bytes. What it accepts, it writes
// again as it was.
func FuzzSnapshot(f *testing.F) {
	whole := sound(f)
	f.Add(whole)
	f.Add(read(f, filepath.Join("testdata", "snapshot-v1.golden")))
	f.Add([]byte{})
	f.Add(whole[:memstore.HeadSize])
	for _, at := range []int{11, 15, 32, 39, 40, 47, memstore.HeadSize, memstore.HeadSize + 3, memstore.HeadSize + 80, memstore.HeadSize + 84} {
		b := bytes.Clone(whole)
		b[at] ^= 0xff
		f.Add(resum(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, righted(b)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			recs, err := memstore.Decode(b)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20+20*uint64(len(b)) {
				t.Errorf("%d bytes were asked for to read %d", spent, len(b))
			}
			if err != nil {
				continue
			}
			var again bytes.Buffer
			must(t, memstore.Encode(&again, start, 0, recs))
			twice, err := memstore.Decode(again.Bytes())
			must(t, err)
			if len(twice) != len(recs) {
				t.Fatalf("%d records are %d when they are written again", len(recs), len(twice))
			}
			for i := range recs {
				same(t, twice[i], recs[i])
			}
		}
	})
}

// righted returns a copy whose checksums are right, so that the fuzzer gets
// behind them.
func righted(b []byte) []byte {
	if len(b) < memstore.EmptySize {
		return b
	}
	return resum(bytes.Clone(b))
}

// FuzzJournal does the same for journals.
func FuzzJournal(f *testing.F) {
	whole := memstore.EncodeJournal(7, idOf(0), idOf(1), idOf(2))
	f.Add(whole)
	f.Add(read(f, filepath.Join("testdata", "journal-v1.golden")))
	f.Add([]byte{})
	f.Add(whole[:memstore.JournalHead])
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		ids, err := memstore.DecodeJournal(b)
		if err == nil && len(ids) > (len(b)-memstore.JournalHead)/memstore.EntrySize {
			t.Errorf("%d bytes have %d entries", len(b), len(ids))
		}
	})
}
