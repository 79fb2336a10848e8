package hashstore_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// TestFill: the figures are those of Stat and of the file, what ends becomes
// dead, and compaction frees that.
func TestFill(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		ctx := context.Background()
		o.Durability, o.SweepInterval = hashstore.None(), hashstore.NoSweep
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		fill := func(records int64) hashstore.Fill {
			t.Helper()
			f, err := s.Fill(ctx)
			must(t, err)
			st, err := s.Stat(ctx)
			must(t, err)
			info, err := os.Stat(path)
			must(t, err)
			if f.Live != st.Bytes || f.Taken != records || st.Records != records {
				t.Errorf("%+v, and Stat says %+v; want %d records", f, st, records)
			}
			// Before the first segment there are the headers.
			if sum := f.Live + f.Dead + f.Free + f.Index + f.Holes; sum > info.Size() || info.Size()-sum > 2<<20 || f.Dead < 0 {
				t.Errorf("%+v are %d bytes together, and the file has %d", f, sum, info.Size())
			}
			return f
		}
		if f := fill(0); f.Slots < 1000 || f.Index == 0 || f.Live != 0 || f.Marked != 0 {
			t.Errorf("a new file: %+v", f)
		}
		var recs []*coatcheck.Record
		for range 400 {
			rec := record("alice", 10_000)
			must(t, s.Create(ctx, rec))
			recs = append(recs, rec)
		}
		full := fill(400)
		if full.Live < 4_000_000 || full.Dead > full.Live/50 {
			t.Errorf("a full file: %+v", full)
		}
		for _, rec := range recs[10:] {
			must(t, s.Delete(ctx, rec.ID))
		}
		half := fill(10)
		if half.Dead < 500_000 || half.Marked+half.Taken > half.Slots {
			t.Errorf("after the end of most: %+v", half)
		}
		must(t, s.Compact(ctx))
		if f := fill(10); f.Dead > half.Dead/2 {
			t.Errorf("after Compact: %+v, before it %+v", f, half)
		}
	})
}
