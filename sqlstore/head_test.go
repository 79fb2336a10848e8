package sqlstore_test

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestHeadFormat: today's code reads and writes what is stored.
func TestHeadFormat(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 5, 6e6, time.UTC) }
	rec := &coatcheck.Record{Owner: "ada", Meta: []byte("the core's"), Created: at(1), AuthTime: at(2), Deadline: at(3), Version: 1<<62 + 5}
	golden(t, "head.hex", []byte(hex.EncodeToString(sqlstore.Head(rec))+"\n"))
	var got coatcheck.Record
	if err := sqlstore.ReadHead(sqlstore.Head(rec), &got); err != nil {
		t.Fatal(err)
	}
	if got.Owner != rec.Owner || string(got.Meta) != string(rec.Meta) || got.Version != rec.Version ||
		!got.Created.Equal(rec.Created) || !got.AuthTime.Equal(rec.AuthTime) || !got.Deadline.Equal(rec.Deadline) {
		t.Errorf("read is %+v, want %+v", got, *rec)
	}
	rec.AuthTime = time.Time{}
	if err := sqlstore.ReadHead(sqlstore.Head(rec), &got); err != nil || !got.AuthTime.IsZero() {
		t.Errorf("a zero time is read as %v, %v", got.AuthTime, err)
	}
}

// FuzzHead: no bytes make it panic; what it reads it writes back the same.
func FuzzHead(f *testing.F) {
	f.Add(sqlstore.Head(record()))
	f.Add([]byte{})
	f.Add(make([]byte, 35))
	f.Fuzz(func(t *testing.T, b []byte) {
		var rec coatcheck.Record
		if err := sqlstore.ReadHead(b, &rec); err != nil {
			if !errors.Is(err, coatcheck.ErrCorrupt) {
				t.Errorf("error is %v", err)
			}
			return
		}
		if rec.Owner != "" || len(rec.Meta) > 0 {
			if again := sqlstore.Head(&rec); len(again) != len(b) {
				t.Errorf("%x becomes %x", b, again)
			}
		}
	})
}
