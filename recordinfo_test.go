package coatcheck_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// TestRecordInfo: a record says of its session what lists say, and a record that
// is no session, or is damaged, says that.
func TestRecordInfo(t *testing.T) {
	store := memstore.New(nil)
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	token := coatcheck.Token(strings.Repeat("x", 42) + "A")
	rec, err := m.NewRecord(token, "ada", []byte(`{"n":1}`), time.Now().Add(time.Hour))
	if err == nil {
		err = store.Create(t.Context(), rec)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := rec.Info()
	if err != nil || got.ID != rec.ID || got.Owner != "ada" || got.Bytes != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	for listed, err := range m.All(t.Context()) {
		if err != nil || listed != got {
			t.Errorf("a list says %+v, %v; the record says %+v", listed, err, got)
		}
	}

	damaged, other := *rec, *rec
	damaged.Data = []byte(`{"n":2}`)
	other.ID[0] ^= 1
	foreign := coatcheck.Record{ID: rec.ID}
	for name, r := range map[string]*coatcheck.Record{"damaged": &damaged, "another's": &other, "foreign": &foreign} {
		if info, err := r.Info(); !errors.Is(err, coatcheck.ErrCorrupt) || info != (coatcheck.Info{}) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}

	s, err := m.Open(t.Context(), token)
	if err == nil {
		err = s.Renew(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	stub, err := store.Load(t.Context(), rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stub.Info(); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("what a renewed session leaves behind: %v", err)
	}
}
