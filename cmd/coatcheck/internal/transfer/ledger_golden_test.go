package transfer_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
	"github.com/coatcheck/coatcheck/hashstore"
)

// following is what the next change makes of a golden record.
func following(rec *coatcheck.Record, data string) *coatcheck.Record {
	c := *rec
	c.Version, c.Data = rec.Version+1<<32+uint64(data[0]), []byte(data)
	return &c
}

// goldenCopy makes a copy of the golden records that was cut short, with a
// session of each fate but that of running out, and returns both stores.
func goldenCopy(t *testing.T, c transfer.Copy) (from, to coatcheck.Store) {
	t.Helper()
	from, to = goldenStore(t), memory(goldenNow)
	recs, ctx := goldenRecords(), t.Context()
	large := *recs[0]
	large.ID, large.Data = coatcheck.ID{200}, make([]byte, limit+1)
	must(t, from.Create(ctx, &large))
	c.From, c.To, c.Now = from, limited{to}, goldenNow
	run(t, c)
	must(t, from.Delete(ctx, recs[0].ID))
	must(t, to.Delete(ctx, recs[1].ID))
	must(t, from.Replace(ctx, following(recs[1], "1"), recs[1].Version))
	must(t, to.Replace(ctx, following(recs[2], "2"), recs[2].Version))
	must(t, from.Replace(ctx, following(recs[2], "3"), recs[2].Version))
	run(t, c)
	must(t, from.Replace(ctx, following(recs[3], "4"), recs[3].Version))
	cutShort(t, c)
	return from, to
}

// stateLines is what a state file holds: the keys and the data of its records.
func stateLines(t *testing.T, path string) string {
	t.Helper()
	s, err := hashstore.Open(path, &hashstore.Options{MustExist: true})
	must(t, err)
	defer s.Close()
	var lines []string
	for _, rec := range contents(t, s) {
		data := hex.EncodeToString(rec.Data)
		if rec.Data[0] == '{' {
			data = string(rec.Data)
		}
		lines = append(lines, fmt.Sprintf("%s %s\n", rec.ID, data))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// writeState makes a state file of such lines.
func writeState(t *testing.T, path, lines string) {
	t.Helper()
	s, err := hashstore.Open(path, nil)
	must(t, err)
	begun, end := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	for line := range strings.Lines(lines) {
		key, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		id, err := coatcheck.ParseID(key)
		must(t, err)
		data := []byte(text)
		if text[0] != '{' {
			data, err = hex.DecodeString(text)
			must(t, err)
		}
		must(t, s.Create(t.Context(), &coatcheck.Record{ID: id, Data: data, Version: 1, Created: begun, AuthTime: begun, Deadline: end, Expires: end}))
	}
	must(t, s.Close())
}

// The state that an earlier version has left is read, and goes on; and ours is
// the same.
func TestGoldenState(t *testing.T) {
	path := filepath.Join("testdata", "state-v1.golden")
	c := between(t, nil, nil)
	from, to := goldenCopy(t, c)
	got := stateLines(t, c.State)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("the state is\n%s\nwant\n%s", got, want)
	}
	old := between(t, from, limited{to})
	old.Now = goldenNow
	writeState(t, old.State, string(want))
	res := run(t, old)
	if res.Created != 0 || res.Replaced != 1 || res.Ended != 0 || res.Verified != 9 || res.Kept != 1 || res.Gone != 1 || res.Refused != 1 {
		t.Errorf("the result is %+v", res)
	}
}
