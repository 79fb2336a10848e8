package hashstore_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A damaged record costs a list that session alone, and the log says which.
func TestListTellsOfDamage(t *testing.T) {
	x := newSpecimen(t)
	at := bytes.LastIndex(x.bytes, []byte("carol"))
	x.put(t, at, []byte("d"))
	var log bytes.Buffer
	s, err := hashstore.Open(x.path, &hashstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), SweepInterval: hashstore.NoSweep, MustExist: true})
	must(t, err)
	recs, next, err := s.List(t.Context(), "", 100)
	for must(t, err); next != ""; must(t, err) {
		more := recs
		recs, next, err = s.List(t.Context(), next, 100)
		recs = append(more, recs...)
	}
	must(t, s.Close())
	said := log.String()
	if len(recs) != len(x.live)-1 || strings.Count(said, "level=WARN") != 1 {
		t.Errorf("it lists %d records, want %d; the log says %q", len(recs), len(x.live)-1, said)
	}
	for id, rec := range x.live {
		if rec.Owner == "carol" && !strings.Contains(said, "id="+id.Short()) {
			t.Errorf("the log does not name %s: %q", id.Short(), said)
		}
	}
}
