package ring_test

import (
	"context"
	"errors"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A decaying store finds some records damaged until they are deleted.
type decaying struct {
	*memstore.Store
	damaged map[coatcheck.ID]bool
}

func (d *decaying) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if d.damaged[id] {
		return nil, coatcheck.ErrCorrupt
	}
	return d.Store.Load(ctx, id)
}

func (d *decaying) Delete(ctx context.Context, id coatcheck.ID) error {
	delete(d.damaged, id)
	return d.Store.Delete(ctx, id)
}

// A deletion does not end at a stub that is damaged: the session is behind it.
func TestDeleteGoesOnBehindADamagedStub(t *testing.T) {
	a := &decaying{memstore.New(nil), map[coatcheck.ID]bool{}}
	members := []ring.Member{{Name: "a", Store: a, Weight: 1}, {Name: "b", Store: memstore.New(nil), Weight: 1}}
	r := newRing(t, members[:1], nil)
	if err := r.SetMembers(members); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		rec := newRecord()
		if err := r.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		a.damaged[rec.ID] = true
		if err := r.Delete(t.Context(), rec.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("Load of a deleted session at %s: %v, %v", r.Locate(rec.ID)[0], got, err)
		}
	}
}

// A session that is too large for its new member alone is saved where it is.
func TestSessionTooLargeForItsHomeIsSavedWhereItIs(t *testing.T) {
	members := []ring.Member{
		{Name: "a", Store: memstore.New(nil), Weight: 1},
		{Name: "b", Store: &narrow{memstore.New(nil)}, Weight: 1},
	}
	early, late := newRing(t, members[:1], nil), newRing(t, members[:1], nil)
	if err := early.SetMembers(members); err != nil {
		t.Fatal(err)
	}
	rec := newRecord()
	for early.Locate(rec.ID)[0] != "b" {
		rec = newRecord()
	}
	rec.Data = make([]byte, 20<<10)
	if err := late.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if err := early.Replace(t.Context(), next(rec), rec.Version); err != nil {
		t.Errorf("Replace: %v", err)
	}
	if err := early.Replace(t.Context(), next(rec), rec.Version); !errors.Is(err, coatcheck.ErrConflict) {
		t.Errorf("the same Replace again: %v", err)
	}
	got, err := late.Load(t.Context(), rec.ID)
	if err != nil || got.Version != rec.Version+1 {
		t.Errorf("Load: %v, %v", got, err)
	}
}

// A narrow store refuses records by their size before it looks for them.
type narrow struct{ *memstore.Store }

func (n *narrow) Create(ctx context.Context, rec *coatcheck.Record) error {
	if len(rec.Data) > 8<<10 {
		return coatcheck.ErrTooLarge
	}
	return n.Store.Create(ctx, rec)
}

func (n *narrow) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if len(rec.Data) > 8<<10 {
		return coatcheck.ErrTooLarge
	}
	return n.Store.Replace(ctx, rec, old)
}

// A member that mixes records up gives nobody another's session.
func TestAnothersRecordIsCorrupt(t *testing.T) {
	s := &mixedUp{Store: memstore.New(nil)}
	r := newRing(t, []ring.Member{{Name: "a", Store: s, Weight: 1}}, nil)
	rec := newRecord()
	if err := r.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	s.rec = newRecord()
	if got, err := r.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrCorrupt) {
		t.Errorf("Load: %v, %v", got, err)
	}
}

type mixedUp struct {
	*memstore.Store
	rec *coatcheck.Record
}

func (m *mixedUp) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if m.rec != nil {
		return m.rec, nil
	}
	return m.Store.Load(ctx, id)
}
