package coatcheck_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// indexesRecord is a record with an index of its own.
func indexesRecord(t *testing.T, data string) (*coatcheck.Record, *coatcheck.Fields) {
	t.Helper()
	rec := &coatcheck.Record{ID: coatcheck.ID{1, 2, 3}, Data: []byte(data), Version: 1 << 32}
	coatcheck.Seal(rec, coatcheck.Meta{})
	f := new(coatcheck.Fields)
	expectNil(t, f.SplitJSON(rec.Data, 100))
	return rec, f
}

// What is remembered of a record is used for records that are the same, and
// for no other.
func TestIndexesKnowOnlyTheSameRecord(t *testing.T) {
	rec, f := indexesRecord(t, `{"a":1,"b":"two"}`)
	x := new(coatcheck.Indexes)
	var got coatcheck.Fields
	if x.Find(rec, &got) {
		t.Fatal("a record is known that nobody noted")
	}
	x.Note(rec, f)
	if same := *rec; !x.Find(&same, &got) || got.Find("b") != 1 || string(got.Value(1)) != `"two"` {
		t.Fatalf("the record is not known, or not rightly: %d keys", got.Len())
	}
	for name, change := range map[string]func(r *coatcheck.Record){
		"ID":       func(r *coatcheck.Record) { r.ID[0]++ },
		"version":  func(r *coatcheck.Record) { r.Version++ },
		"checksum": func(r *coatcheck.Record) { r.Meta = flip(r.Meta, 12, 1) },
		"length":   func(r *coatcheck.Record) { r.Data = r.Data[1:] },
	} {
		other := *rec
		if change(&other); x.Find(&other, &got) {
			t.Errorf("a record of another %s passes for the same", name)
		}
	}
}

// Many keys are not remembered, and leave alone what is.
func TestIndexesAreSmall(t *testing.T) {
	few, f := indexesRecord(t, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}`)
	many, g := indexesRecord(t, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11}`)
	x := new(coatcheck.Indexes)
	x.Note(few, f)
	x.Note(many, g)
	var got coatcheck.Fields
	if x.Find(many, &got) || !x.Find(few, &got) || got.Len() != 10 {
		t.Errorf("%d keys are remembered", got.Len())
	}
}

// A manager that knows a record reads it just as one that does not. It knows
// each record that it saved, as long as that has few keys.
func TestIndexesReadTheSame(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, nil)
	v := newVisitor(t, m).begin()
	names := []string{"a", "longer", `"quoted"`, "<b>", "é", "count", "list", "x", "y", "z", "eleventh", "twelfth"}
	keys := func(m *coatcheck.Manager) (all []string) {
		v.at(m).serve(func(_ http.ResponseWriter, r *http.Request) {
			s, err := m.FromContext(r.Context())
			expectNil(t, err)
			for _, name := range s.Keys() {
				all = append(all, fmt.Sprintf("%s=%v", name, coatcheck.NewKey[any](name).Get(s)))
			}
		})
		return all
	}
	for step := range 60 {
		v.serve(func(_ http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			coatcheck.NewKey[any](names[step*7%len(names)]).Set(s, fmt.Sprint("value \\ ", step*step*step))
			coatcheck.NewKey[any](names[step*5%len(names)]).Delete(s)
			tally.Update(s, increment)
			if step%20 == 19 {
				s.Clear()
			}
		})
		rec, err := store.Load(t.Context(), v.id())
		expectNil(t, err)
		got, want := keys(m), keys(manage(t, store, nil))
		if !slices.Equal(got, want) {
			t.Fatalf("step %d: %q, want %q", step, got, want)
		}
		if known := m.Knows(rec); known != (len(want) <= 10) {
			t.Errorf("step %d: %d keys, known: %v", step, len(want), known)
		}
	}
}
