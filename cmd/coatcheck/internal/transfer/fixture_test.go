package transfer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
)

// inMemory opens a store in memory.
func inMemory() coatcheck.Store { return memstore.New(nil) }

// inFile opens a store in a file of the test's.
func inFile(t *testing.T) coatcheck.Store {
	t.Helper()
	s, err := hashstore.Open(filepath.Join(t.TempDir(), "sessions"), &hashstore.Options{Durability: hashstore.None()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// between is a copy between two stores, with a state of its own.
func between(t *testing.T, from, to coatcheck.Store) transfer.Copy {
	t.Helper()
	return transfer.Copy{
		From: from, To: to, FromName: "a", ToName: "b", State: filepath.Join(t.TempDir(), "state"),
		Batch: 20, Workers: 4, Passes: 50, Patience: 2 * time.Second,
	}
}

// run runs a copy that must succeed.
func run(t *testing.T, c transfer.Copy) transfer.Result {
	t.Helper()
	res, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// whole runs a copy after which TO must have all that it should have.
func whole(t *testing.T, c transfer.Copy) transfer.Result {
	t.Helper()
	res := run(t, c)
	if !res.Whole() {
		t.Errorf("the copy is not whole: %+v", res)
	}
	return res
}

// begin is when the sessions of tests begin: some time ago.
func begin() time.Time { return time.Now().UTC().Truncate(time.Millisecond).Add(-time.Hour) }

// randomRecord returns a record with a bit of everything, binary data included.
func randomRecord() *coatcheck.Record {
	at := begin()
	rec := &coatcheck.Record{
		Version: 1<<32 | uint64(rand.Uint32()), Created: at,
		Deadline: at.Add(12 * time.Hour), Expires: at.Add(time.Hour + time.Duration(1+rand.IntN(3600))*time.Second),
		Meta: []byte{1, 0, 0, 0, byte(rand.Uint32())}, Data: fmt.Appendf(nil, `{"n":%d}`, rand.Uint32()),
	}
	for i := range rec.ID {
		rec.ID[i] = byte(rand.Uint32())
	}
	switch rand.IntN(3) {
	case 0:
		rec.Owner, rec.AuthTime = fmt.Sprint("user ", rand.IntN(10)), at.Add(time.Second)
	case 1:
		rec.Data = append(rec.Data, 0, 0xff, '\n', byte(rand.Uint32()))
	}
	return rec
}

// changed returns what a change makes of a record.
func changed(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	c.Version = (rec.Version>>32+1)<<32 | uint64(rand.Uint32())
	c.Data = fmt.Appendf(nil, `{"n":%d,"again":true}`, rand.Uint32())
	c.Expires = rec.Expires.Add(time.Duration(rand.IntN(60)) * time.Second)
	return &c
}

// stubbed returns what a renewal leaves in the place of a record.
func stubbed(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	c.Version = (rec.Version>>32+1)<<32 | uint64(rand.Uint32())
	c.Owner, c.Data, c.Meta = "", nil, []byte{1, 1, 0, 0, 9}
	c.Deadline = time.Now().UTC().Truncate(time.Millisecond).Add(time.Minute)
	c.Expires = c.Deadline
	return &c
}

// fill creates so many sessions.
func fill(t *testing.T, s coatcheck.Store, n int) (recs []*coatcheck.Record) {
	t.Helper()
	for range n {
		rec := randomRecord()
		must(t, s.Create(t.Context(), rec))
		recs = append(recs, rec)
	}
	return recs
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// contents returns all live records of a store.
func contents(t *testing.T, s coatcheck.Store) map[coatcheck.ID]*coatcheck.Record {
	t.Helper()
	all := map[coatcheck.ID]*coatcheck.Record{}
	for cursor := ""; ; {
		recs, next, err := s.(coatcheck.Lister).List(context.Background(), cursor, 100)
		must(t, err)
		for _, rec := range recs {
			if rec.Live(time.Now()) {
				all[rec.ID] = rec
			}
		}
		if cursor = next; next == "" {
			return all
		}
	}
}

// text is a record in a form to compare.
func text(rec *coatcheck.Record) string {
	if rec == nil {
		return "nothing"
	}
	b, _ := rec.MarshalBinary()
	return string(b[8:])
}

// equal fails unless two stores have the same records, to the byte.
func equal(t *testing.T, from, to coatcheck.Store) {
	t.Helper()
	a, b := contents(t, from), contents(t, to)
	wrong := 0
	for id, rec := range a {
		if text(rec) != text(b[id]) {
			if wrong++; wrong < 5 {
				t.Errorf("session %s is %+v in FROM and %+v in TO", id.Short(), rec, b[id])
			}
		}
	}
	for id, rec := range b {
		if a[id] == nil {
			if wrong++; wrong < 5 {
				t.Errorf("session %s is in TO alone: %+v", id.Short(), rec)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d sessions are wrong", wrong, len(a))
	}
}
