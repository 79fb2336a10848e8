package kvstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

var born = time.Now().UTC().Truncate(time.Millisecond)

// record returns the n-th record, which lives for an hour.
func record(n byte, owner string) *coatcheck.Record {
	return &coatcheck.Record{
		ID: coatcheck.ID{n}, Owner: owner, Data: []byte(`{"n":1}`), Meta: []byte{n}, Version: uint64(n) + 1,
		Created: born, Expires: born.Add(time.Hour), Deadline: born.Add(2 * time.Hour),
	}
}

func create(t *testing.T, store *kvstore.Store, rec *coatcheck.Record) *coatcheck.Record {
	t.Helper()
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestOptions(t *testing.T) {
	for _, o := range []kvstore.Options{
		{Prefix: "a b"}, {Prefix: "ä"}, {Prefix: "a\n"}, {Prefix: strings.Repeat("a", 101)}, {MaxValue: -1}, {MaxValue: 1023},
	} {
		if _, err := kvstore.New(newShelf(), &o); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", o, err)
		}
	}
	whole := newShelf().plain()
	for _, kv := range []kvstore.KV{nil, kvstore.Funcs{}, kvstore.Funcs{Read: whole.Read}, kvstore.Funcs{Read: whole.Read, Write: whole.Write}} {
		if _, err := kvstore.New(kv, nil); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%T: %v, want ErrInvalid", kv, err)
		}
	}
}

func TestTooLargeSaysTheLimit(t *testing.T) {
	store, err := kvstore.New(newShelf(), &kvstore.Options{MaxValue: 1024})
	if err != nil {
		t.Fatal(err)
	}
	rec := record(1, "")
	rec.Data = make([]byte, 1000)
	err = store.Create(t.Context(), rec)
	if !errors.Is(err, coatcheck.ErrTooLarge) || !strings.Contains(err.Error(), "Options.MaxValue is 1024") {
		t.Errorf("%v, want ErrTooLarge that names the limit", err)
	}
}

// A value under the key of another session is damage, not that session.
func TestSwappedValuesAreRefused(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	a, b := create(t, store, record(1, "")), create(t, store, record(2, ""))
	stolen, _, _ := things.Get(t.Context(), "coatcheck.s."+b.ID.String())
	things.change("coatcheck.s."+a.ID.String(), func([]byte) []byte { return stolen })
	if _, err := store.Load(t.Context(), a.ID); !errors.Is(err, coatcheck.ErrCorrupt) {
		t.Errorf("Load: %v, want ErrCorrupt", err)
	}
}

// A format of the future is reported as what it is.
func TestLaterFormatIsReported(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	rec := create(t, store, record(1, ""))
	things.change("coatcheck.s."+rec.ID.String(), func(b []byte) []byte { b[3] = 2; return b })
	_, err := store.Load(t.Context(), rec.ID)
	if !errors.Is(err, coatcheck.ErrCorrupt) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("Load: %v, want ErrCorrupt that names the version", err)
	}
}

// The index of owners holds while somebody clears away the entry of a record
// that is on its way.
func TestEntryClearedBeforeItsRecordComesBack(t *testing.T) {
	things := newShelf()
	var cleaner *kvstore.Store
	slow := &interrupted{shelf: things}
	store := open(t, slow, nil)
	cleaner = open(t, things, nil)
	slow.beforeSession = func() { sweep(t, cleaner) }
	rec := create(t, store, record(1, "ada"))
	if slow.swept == 0 {
		t.Fatal("nothing was swept meanwhile, so this has shown nothing")
	}
	ids, _, err := store.Owned(t.Context(), "ada", "", 10)
	if err != nil || !slices.Equal(ids, []coatcheck.ID{rec.ID}) {
		t.Errorf("Owned: %v, %v", ids, err)
	}
}

// interrupted runs something just before a session is put.
type interrupted struct {
	*shelf
	beforeSession func()
	swept         int
}

func (i *interrupted) Put(ctx context.Context, key string, value []byte, rev kvstore.Revision, until time.Time) error {
	if strings.HasPrefix(key, "coatcheck.s.") {
		before := len(i.keys(".o."))
		i.beforeSession()
		i.swept += before - len(i.keys(".o."))
	}
	return i.shelf.Put(ctx, key, value, rev, until)
}

// sweep sweeps everything.
func sweep(t *testing.T, store *kvstore.Store) {
	t.Helper()
	for cursor := ""; ; {
		result, err := store.Sweep(t.Context(), time.Now(), cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		if cursor = result.Next; cursor == "" {
			return
		}
	}
}

// An entry whose writer died before the record was created is swept.
func TestEntriesWithoutRecordsAreSwept(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	for n := range byte(10) {
		create(t, store, record(n, fmt.Sprint("owner ", n)))
	}
	for n := range byte(5) { // as if it had never come
		if err := things.Delete(t.Context(), "coatcheck.s."+coatcheck.ID{n}.String()); err != nil {
			t.Fatal(err)
		}
	}
	sweep(t, store)
	if n := len(things.keys(".o.")); n != 5 {
		t.Errorf("%d entries are left, want those of the 5 sessions", n)
	}
}

// A session is needed until it expires, and a touch says so anew; the entry of
// its owner is written once, so that is needed until the absolute deadline.
func TestValuesAreKeptAsLongAsTheyAreNeeded(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	rec := create(t, store, record(1, "ada"))
	until := func(part string) time.Time {
		return things.things[things.keys(part)[0]].until
	}
	if !until(".s.").Equal(rec.Expires) || !until(".o.").Equal(rec.Deadline) {
		t.Errorf("session until %v, entry until %v", until(".s."), until(".o."))
	}
	if err := store.Touch(t.Context(), rec.ID, rec.Expires.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if want := rec.Expires.Add(time.Minute); !until(".s.").Equal(want) {
		t.Errorf("after a touch until %v, want %v", until(".s."), want)
	}
}

// What the API says and the contract does not know is an unknown outcome, and
// is not tried again.
func TestUnknownOutcomesAreNotRepeated(t *testing.T) {
	lost := errors.New("connection lost")
	puts := 0
	f := newShelf().plain()
	f.Write = func(context.Context, string, []byte, kvstore.Revision, time.Time) error { puts++; return lost }
	store := open(t, f, nil)
	if err := store.Create(t.Context(), record(1, "")); !errors.Is(err, lost) {
		t.Errorf("Create: %v, want what the API said", err)
	}
	if puts != 1 {
		t.Errorf("Put was called %d times, want once", puts)
	}
}
