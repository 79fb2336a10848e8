package kvstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// FuzzValue gives Load any bytes: it returns a record that was written, or
// reports damage, and never more than the bytes could hold.
func FuzzValue(f *testing.F) {
	value, err := os.ReadFile(filepath.Join("testdata", "value-1"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(value)
	f.Add(value[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		things := newShelf()
		store := open(t, things, func() time.Time { return golden.Created })
		if err := things.Put(t.Context(), "coatcheck.s."+golden.ID.String(), value, "", golden.Deadline); err != nil {
			t.Fatal(err)
		}
		rec, err := store.Load(t.Context(), golden.ID)
		switch {
		case err == nil && len(rec.Owner)+len(rec.Meta)+len(rec.Data) > len(value):
			t.Errorf("a record of more bytes than its value")
		case err != nil && !errors.Is(err, coatcheck.ErrCorrupt) && !errors.Is(err, coatcheck.ErrNotFound):
			t.Errorf("%v, want ErrCorrupt", err)
		}
	})
}
