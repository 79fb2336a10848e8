package transfer_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

var update = flag.Bool("update", false, "write the golden file")

// goldenNow is when the golden export was made.
func goldenNow() time.Time { return time.Date(2026, 1, 2, 15, 4, 5, 678_000_000, time.UTC) }

// goldenRecords have everything in them that a line can hold.
func goldenRecords() []*coatcheck.Record {
	at := goldenNow()
	base := coatcheck.Record{
		Version: 1<<62 + 12345, Created: at.Add(-time.Hour), AuthTime: at.Add(-time.Minute),
		Deadline: at.Add(11 * time.Hour), Expires: at.Add(29 * time.Minute),
		Owner: "ada", Meta: []byte{1, 0, 0, 0xff}, Data: []byte(`{"views":7,"name":"Ada <3 \u00e4\\"}`),
	}
	var all []*coatcheck.Record
	for i, change := range []func(*coatcheck.Record){
		func(*coatcheck.Record) {},
		func(r *coatcheck.Record) { r.Owner, r.AuthTime = "", time.Time{} },
		func(r *coatcheck.Record) { r.Owner = "a\xffb" },
		func(r *coatcheck.Record) { r.Owner = "\u202eada\n" },
		func(r *coatcheck.Record) { r.Data = nil },
		func(r *coatcheck.Record) { r.Data, r.Meta = []byte{0, 1, 0xff}, nil },
		func(r *coatcheck.Record) { r.Data = []byte("{\"a\": 1.50,\n\"b\": 2}") },
		func(r *coatcheck.Record) { r.Data = []byte(`{"a" :1.50, "a":1e400}`) },
		func(r *coatcheck.Record) { r.Data = []byte(` {"space":1}`) },
		func(r *coatcheck.Record) { r.Data = []byte("{\"esc\":\"\x7f\u009b31m\"}") },
		func(r *coatcheck.Record) { r.Data = []byte(`null`) },
		func(r *coatcheck.Record) { r.Deadline = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) },
	} {
		rec := base
		rec.ID = coatcheck.ID{byte(i), 0xab}
		change(&rec)
		all = append(all, &rec)
	}
	return all
}

// goldenStore has the golden records.
func goldenStore(t *testing.T) coatcheck.Store {
	t.Helper()
	s := memory(goldenNow)
	for _, rec := range goldenRecords() {
		must(t, s.Create(t.Context(), rec))
	}
	return s
}

// exportOf exports a store.
func exportOf(t *testing.T, s coatcheck.Store, now func() time.Time) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := (transfer.Export{From: s, To: &b, Now: now}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What earlier versions have exported is read, and what we export is the same.
func TestGoldenExport(t *testing.T) {
	path := filepath.Join("testdata", "export-v1.golden")
	got := exportOf(t, goldenStore(t), goldenNow)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("the export is\n%s\nwant\n%s", got, want)
	}
	to := memory(goldenNow)
	res, err := transfer.Import{From: bytes.NewReader(want), To: to, Now: goldenNow}.Run(t.Context())
	must(t, err)
	if res.Created != int64(len(goldenRecords())) {
		t.Errorf("the result is %+v", res)
	}
	for _, rec := range goldenRecords() {
		got, err := to.Load(context.Background(), rec.ID)
		must(t, err)
		if text(got) != text(rec) {
			t.Errorf("imported is %+v, want %+v", got, rec)
		}
	}
}

// Data that people can read stands in the lines as it is; what a terminal would
// obey does not.
func TestExportIsReadable(t *testing.T) {
	got := exportOf(t, goldenStore(t), goldenNow)
	for _, want := range []string{`"data":{"views":7,"name":"Ada <3 \u00e4\\"}`, `"owner":"ada"`, `"expires":"2026-01-02T15:33:05.678Z"`} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	for _, r := range got {
		if r != '\n' && (r < ' ' || r > '~') {
			t.Errorf("there is %q in the export", r)
		}
	}
}

// Whatever is cut off, and whatever byte is changed, is found before all of it
// is imported.
func TestDamagedExports(t *testing.T) {
	from := memory(goldenNow)
	for _, rec := range goldenRecords()[:3] {
		must(t, from.Create(t.Context(), rec))
	}
	whole := exportOf(t, from, goldenNow)
	if n, err := transfer.Check(strings.NewReader(whole)); err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	for n := range len(whole) {
		if _, err := transfer.Check(strings.NewReader(whole[:n])); err == nil {
			t.Fatalf("the first %d bytes pass for whole", n)
		}
	}
	for i := range len(whole) {
		spoilt := []byte(whole)
		spoilt[i] ^= 1
		if _, err := transfer.Check(bytes.NewReader(spoilt)); err == nil {
			t.Fatalf("with byte %d changed it passes for whole: %q", i, spoilt[max(0, i-20):i+20])
		}
	}
	if _, err := transfer.Check(strings.NewReader(whole + "\n")); err == nil {
		t.Error("a line behind the end is no matter")
	}
}
