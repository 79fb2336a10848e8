package ring_test

import (
	"context"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// List leaves out what is damaged, as the contract's stores do.
func (d *decaying) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	recs, next, err := d.Store.List(ctx, cursor, limit)
	return slices.DeleteFunc(slices.Clone(recs), func(rec *coatcheck.Record) bool { return d.damaged[rec.ID] }), next, err
}

// While members change, a damaged stub hides no session from a walk, and a
// damaged record costs only itself.
func TestWalksPassWhatIsDamaged(t *testing.T) {
	a := &decaying{memstore.New(nil), map[coatcheck.ID]bool{}}
	b := &decaying{memstore.New(nil), map[coatcheck.ID]bool{}}
	members := []ring.Member{{Name: "a", Store: a, Weight: 1}, {Name: "b", Store: b, Weight: 1}}
	r := newRing(t, members[:1], nil)
	if err := r.SetMembers(members); err != nil {
		t.Fatal(err)
	}
	behind := func() *coatcheck.Record { // a stub at a, the record at b
		rec := newRecord()
		for r.Locate(rec.ID)[0] != "b" {
			rec = newRecord()
		}
		if err := r.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		return rec
	}
	sound, stub, lost := behind(), behind(), behind()
	a.damaged[stub.ID], b.damaged[lost.ID] = true, true
	var listed, owned []coatcheck.ID
	for cursor := ""; ; {
		recs, next, err := r.List(t.Context(), cursor, 2)
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		for _, rec := range recs {
			listed = append(listed, rec.ID)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		ids, next, err := r.Owned(t.Context(), "owner", cursor, 2)
		if err != nil {
			t.Fatalf("Owned: %v", err)
		}
		owned = append(owned, ids...)
		if cursor = next; cursor == "" {
			break
		}
	}
	for _, rec := range []*coatcheck.Record{sound, stub} {
		if !slices.Contains(listed, rec.ID) || !slices.Contains(owned, rec.ID) {
			t.Errorf("%v is not found: List %v, Owned %v", rec.ID, listed, owned)
		}
	}
	if slices.Contains(listed, lost.ID) {
		t.Error("a damaged record is listed")
	}
}
