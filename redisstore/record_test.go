package redisstore_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

func sample() *coatcheck.Record {
	at := time.Date(2026, 5, 6, 7, 8, 9, 123e6, time.UTC)
	return &coatcheck.Record{
		ID: coatcheck.ID{1, 2, 3}, Owner: "ann smith\x00\xff", Data: []byte(`{"a":1}`), Meta: []byte("1 2 3 \x00"),
		Created: at, AuthTime: at.Add(time.Minute), Deadline: at.Add(time.Hour), Expires: at.Add(30 * time.Minute),
		Version: 1<<63 - 1,
	}
}

// goldenHead is the field "head" of sample. What is stored once must be read
// for ever.
const goldenHead = "1 9223372036854775807 1778054889123 1778051289123 1778051349123 7 1 2 3 \x00ann smith\x00\xff"

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	rec := sample()
	if got := redisstore.Head(rec); got != goldenHead {
		t.Errorf("the head is %q, want %q", got, goldenHead)
	}
	got, err := redisstore.ParseRecord(rec.ID, "1778053089123", goldenHead, rec.Data)
	if err != nil || !reflect.DeepEqual(got, rec) {
		t.Errorf("read back: %+v, %v; want %+v", got, err, rec)
	}
	rec.Owner, rec.AuthTime, rec.Created, rec.Meta = "", time.Time{}, time.Time{}, []byte{}
	got, err = redisstore.ParseRecord(rec.ID, "1778053089123", redisstore.Head(rec), rec.Data)
	if err != nil || !reflect.DeepEqual(got, rec) {
		t.Errorf("read back: %+v, %v; want %+v", got, err, rec)
	}
}

// TestDamagedRecords: whatever part of a head is missing or altered in a way
// that can be seen, is an error.
func TestDamagedRecords(t *testing.T) {
	for n := range strings.LastIndex(goldenHead, "ann") {
		if _, err := redisstore.ParseRecord(coatcheck.ID{}, "1", goldenHead[:n], nil); !errors.Is(err, coatcheck.ErrCorrupt) {
			t.Errorf("head of %d bytes: %v", n, err)
		}
	}
	for _, head := range []string{
		"2 1 1 1 1 0 ", "1 -1 1 1 1 0 ", "1 01 1 1 1 0 ", "1 18446744073709551616 1 1 1 0 ", "1 1 x 1 1 0 ", "1 1 - 1 1 0 ",
		"1 1 1 1 1 -1 ", "1 1 1 1 1 1 ", "1 1 1 1 1 9999999999999999999 ", "1  1 1 1 1 0 ", " 1 1 1 1 1 0 ",
	} {
		if _, err := redisstore.ParseRecord(coatcheck.ID{}, "1", head, nil); !errors.Is(err, coatcheck.ErrCorrupt) {
			t.Errorf("head %q: %v", head, err)
		}
	}
	for _, expires := range []string{"", "-", "x", "1 2", "1 ", " 1", "1.5"} {
		if _, err := redisstore.ParseRecord(coatcheck.ID{}, expires, "1 1 1 1 1 0 ", nil); !errors.Is(err, coatcheck.ErrCorrupt) {
			t.Errorf("expires %q: %v", expires, err)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("1778053089123", goldenHead, []byte("{}"))
	f.Add("-1", "1 0 -1 - - 0 ", []byte{})
	f.Fuzz(func(t *testing.T, expires, head string, data []byte) {
		rec, err := redisstore.ParseRecord(coatcheck.ID{}, expires, head, data)
		if err != nil {
			if !errors.Is(err, coatcheck.ErrCorrupt) || rec != nil {
				t.Errorf("%v, %v", rec, err)
			}
			return
		}
		again, err := redisstore.ParseRecord(coatcheck.ID{}, expires, redisstore.Head(rec), data)
		if err != nil || !reflect.DeepEqual(again, rec) || !bytes.Equal(rec.Data, data) {
			t.Errorf("written and read again: %+v, %v; was %+v", again, err, rec)
		}
	})
}
