package transfer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// load imports an export.
func load(t *testing.T, export string, to coatcheck.Store, clash transfer.Clash) (transfer.ImportResult, error) {
	t.Helper()
	return transfer.Import{From: strings.NewReader(export), To: to, Clash: clash, Batch: 7, Workers: 3}.Run(t.Context())
}

// An export, imported into another store, is the same; once more it changes
// nothing.
func TestImport(t *testing.T) {
	from, to := inFile(t), inMemory()
	fill(t, from, 100)
	export := exportOf(t, from, nil)
	for i, want := range []transfer.ImportResult{{Created: 100}, {There: 100}} {
		res, err := load(t, export, to, transfer.ClashStop)
		if err != nil || res != want {
			t.Errorf("time %d: %+v, %v", i, res, err)
		}
		equal(t, from, to)
	}
}

// Data that a line can only just not hold as it is, comes back all the same:
// package json reads no deeper than ten thousand levels, and the line is one.
func TestImportOfDeepData(t *testing.T) {
	from, to := inMemory(), inMemory()
	for _, depth := range []int{9_998, 9_999, 10_000, 10_001} {
		rec := randomRecord()
		rec.Data = []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		must(t, from.Create(t.Context(), rec))
	}
	if res, err := load(t, exportOf(t, from, nil), to, transfer.ClashStop); err != nil || res.Created != 4 {
		t.Errorf("%+v, %v", res, err)
	}
	equal(t, from, to)
}

// A session in another form ends the import, stays, or gives way.
func TestImportMeetsOthers(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs := fill(t, from, 20)
	export := exportOf(t, from, nil)
	var theirs []*coatcheck.Record
	for i, rec := range recs[:4] {
		other := changed(rec)
		if i%2 == 1 { // and one that it may not simply replace
			other = stubbed(rec)
		}
		must(t, to.Create(t.Context(), other))
		theirs = append(theirs, other)
	}
	if _, err := load(t, export, to, transfer.ClashStop); !errors.Is(err, coatcheck.ErrExists) {
		t.Errorf("the error is %v", err)
	}
	if res, err := load(t, export, to, transfer.ClashSkip); err != nil || res.Skipped != 4 || res.Created+res.There != 16 {
		t.Errorf("%+v, %v", res, err)
	}
	for _, rec := range theirs {
		if got, err := to.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version {
			t.Errorf("TO has %+v, %v; want %+v", got, err, rec)
		}
	}
	if res, err := load(t, export, to, transfer.ClashReplace); err != nil || res.Replaced != 4 || res.There != 16 {
		t.Errorf("%+v, %v", res, err)
	}
	for _, rec := range recs {
		if got, err := to.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version || string(got.Data) != string(rec.Data) {
			t.Errorf("TO has %+v, %v; want %+v", got, err, rec)
		}
	}
}

// A dry run says the same and changes nothing.
func TestImportDry(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs := fill(t, from, 5)
	other := changed(recs[0])
	must(t, to.Create(t.Context(), other))
	before := len(contents(t, to))
	res, err := transfer.Import{From: strings.NewReader(exportOf(t, from, nil)), To: to, DryRun: true, Clash: transfer.ClashReplace}.Run(t.Context())
	if err != nil || res.Created != 4 || res.Replaced != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	if got, err := to.Load(t.Context(), other.ID); err != nil || got.Version != other.Version || len(contents(t, to)) != before {
		t.Errorf("TO has %v, %v", got, err)
	}
}

// What TO gives no answer about is tried again, and what is there after all is
// left alone.
func TestImportThroughFaults(t *testing.T) {
	from, to := inMemory(), &faulty{Store: inMemory(), odds: 0.1}
	fill(t, from, 100)
	if res, err := load(t, exportOf(t, from, nil), to, transfer.ClashStop); err != nil || res.Done() != 100 {
		t.Errorf("%+v, %v", res, err)
	}
	to.catchUp()
	equal(t, from, to.Store)
}

// What expired after the export is left out, and what is too large is told of.
func TestImportLeavesOut(t *testing.T) {
	from, to := memory(goldenNow), limited{inMemory()}
	large := goldenRecords()[0]
	large.ID = coatcheck.ID{0xff}
	large.Data = make([]byte, limit+1)
	large.Deadline = goldenRecords()[11].Deadline
	large.Expires = large.Deadline
	must(t, from.Create(t.Context(), large))
	for _, rec := range goldenRecords() {
		must(t, from.Create(t.Context(), rec))
	}
	res, err := load(t, exportOf(t, from, goldenNow), to, transfer.ClashStop)
	if err != nil || res != (transfer.ImportResult{Expired: 12, Refused: 1}) {
		t.Errorf("%+v, %v", res, err)
	}
}

// Whatever is given for an export, the import ends with an error or takes it
// for what it says.
func FuzzImport(f *testing.F) {
	f.Add(`{"coatcheck":"sessions","format":1}` + "\n" + `{"end":true,"sessions":0,"sha256":""}` + "\n")
	f.Add(`{"coatcheck":"sessions","format":1}` + "\n" + `{"id":"00","version":"1","data":{"a":1},"sum":"00000000"}` + "\n")
	f.Fuzz(func(t *testing.T, export string) {
		n, err := transfer.Check(strings.NewReader(export))
		if err == nil && strings.Count(export, "\n") != int(n)+2 {
			t.Errorf("%d sessions in %q", n, export)
		}
	})
}
