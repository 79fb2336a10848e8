package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// flip returns a copy of b with one byte changed.
func flip(b []byte, at int, by byte) []byte {
	c := slices.Clone(b)
	c[at] ^= by
	return c
}

// damages are records that differ from rec in one place.
func damages(rec coatcheck.Record) map[string]coatcheck.Record {
	all := make(map[string]coatcheck.Record)
	add := func(name string, change func(r *coatcheck.Record)) {
		r := rec
		change(&r)
		all[name] = r
	}
	for _, by := range []byte{0x01, 0x80, 0xff} {
		for i := range rec.Data {
			add(fmt.Sprintf("Data[%d] ^ %#x", i, by), func(r *coatcheck.Record) { r.Data = flip(rec.Data, i, by) })
		}
		for i := range rec.Meta {
			add(fmt.Sprintf("Meta[%d] ^ %#x", i, by), func(r *coatcheck.Record) { r.Meta = flip(rec.Meta, i, by) })
		}
		for i := range rec.ID {
			add(fmt.Sprintf("ID[%d] ^ %#x", i, by), func(r *coatcheck.Record) { r.ID[i] ^= by })
		}
		for i := range rec.Owner {
			add(fmt.Sprintf("Owner[%d] ^ %#x", i, by), func(r *coatcheck.Record) { r.Owner = string(flip([]byte(rec.Owner), i, by)) })
		}
	}
	for n := range rec.Data {
		add(fmt.Sprintf("Data[:%d]", n), func(r *coatcheck.Record) { r.Data = rec.Data[:n] })
	}
	for n := range rec.Meta {
		add(fmt.Sprintf("Meta[:%d]", n), func(r *coatcheck.Record) { r.Meta = rec.Meta[:n] })
	}
	for bit := range 64 {
		add(fmt.Sprintf("Version ^ 1<<%d", bit), func(r *coatcheck.Record) { r.Version ^= 1 << bit })
	}
	for _, d := range []time.Duration{-time.Millisecond, time.Millisecond, time.Hour} {
		add(fmt.Sprintf("Created %v", d), func(r *coatcheck.Record) { r.Created = r.Created.Add(d) })
		add(fmt.Sprintf("AuthTime %v", d), func(r *coatcheck.Record) { r.AuthTime = r.AuthTime.Add(d) })
		add(fmt.Sprintf("Deadline %v", d), func(r *coatcheck.Record) { r.Deadline = r.Deadline.Add(d) })
	}
	add("no AuthTime", func(r *coatcheck.Record) { r.AuthTime = time.Time{} })
	add("no Owner", func(r *coatcheck.Record) { r.Owner = "" })
	add("no Data", func(r *coatcheck.Record) { r.Data = nil })
	add("longer Data", func(r *coatcheck.Record) { r.Data = append(slices.Clone(r.Data), ' ') })
	add("longer Meta", func(r *coatcheck.Record) { r.Meta = append(slices.Clone(r.Meta), 0) })
	add("much longer Meta", func(r *coatcheck.Record) { r.Meta = append(slices.Clone(r.Meta), make([]byte, 1<<20)...) })
	add("longer Owner", func(r *coatcheck.Record) { r.Owner += "\x00" })
	return all
}

// Promise 8: a record that is damaged anywhere is reported and never returned
// as data. It costs its session, and no other.
func TestPromise8CorruptDataIsReportedNeverReturned(t *testing.T) {
	store, events := watched(t), new(journal)
	m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
	v, neighbour := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin()
	rec, err := store.inner.Load(t.Context(), v.id())
	expectNil(t, err)
	for name, damaged := range damages(*rec) {
		store.give(func(id coatcheck.ID, _ *coatcheck.Record) *coatcheck.Record {
			if id == rec.ID {
				return &damaged
			}
			return nil
		})
		events.clear()
		res := v.twin().visit(func(s *coatcheck.Session) {
			expectEqual(t, "new", s.IsNew(), true)
			expectEqual(t, "keys", len(s.Keys()), 0)
			expectEqual(t, "owner", s.Owner(), "")
		})
		expectStatus(t, res, http.StatusOK)
		expectNoCookie(t, res)
		refused := events.of(0)
		if len(refused) != 1 || refused[0].Kind != coatcheck.EventRejected || refused[0].ID != rec.ID || refused[0].Reason != "corrupt" && refused[0].Reason != "mixup" {
			t.Errorf("events %+v, want one of a corrupt record", refused)
		}
		if t.Failed() {
			t.Fatalf("with %s", name)
		}
	}
	neighbour.expectMotto("")
	store.give(nil)
	v.expectMotto("ada")
}

// The visitor of a damaged session begins a new one with the next change, like
// anybody else, and what lies there stays for those who want to look at it.
func TestPromise8ACorruptRecordCostsOneSession(t *testing.T) {
	store := watched(t)
	m := manage(t, store, nil)
	v := newVisitor(t, m).begin()
	old := v.id()
	tamper(t, store.inner, old, func(rec *coatcheck.Record) { rec.Data = flip(rec.Data, 3, 1) })
	for range 3 {
		expectNoCookie(t, v.visit(func(s *coatcheck.Session) { motto.Get(s) }))
	}
	expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) }), http.StatusOK)
	v.expectTally(1)
	v.begin().login("ada")
	v.expectMotto("ada")
	_, err := store.inner.Load(t.Context(), old)
	expectNil(t, err)
}

// A store that finds the damage itself says ErrCorrupt, at the load or at the
// save.
func TestPromise8TheStoreFindsTheDamage(t *testing.T) {
	errDamaged := fmt.Errorf("page 7: %w", coatcheck.ErrCorrupt)
	damaged := func(context.Context, op, func() error) error { return errDamaged }
	t.Run("at the load", func(t *testing.T) {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
		store.on(only("Load", damaged))
		v.expectAnonymous()
		e := events.of(coatcheck.EventRejected)
		expectEqual(t, "events", len(e), 1)
		expectEqual(t, "reason", e[0].Reason, "corrupt")
		expectEqual(t, "ID", e[0].ID, v.id())
		expectError(t, e[0].Err, errDamaged)
	})
	t.Run("at the save", func(t *testing.T) {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
		id := v.id()
		store.on(only("Replace", damaged))
		res := v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			err := s.Save(t.Context())
			expectError(t, err, coatcheck.ErrGone)
			expectError(t, err, errDamaged)
			tally.Set(s, 2)
		})
		expectStatus(t, res, http.StatusConflict)
		expectNoCookie(t, res)
		e := events.of(coatcheck.EventRejected)
		expectEqual(t, "events", len(e), 1)
		expectEqual(t, "reason", e[0].Reason, "corrupt")
		expectEqual(t, "ID", e[0].ID, id)
	})
	for _, how := range successions {
		t.Run("at a "+how.name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
			store.on(only("Replace", damaged))
			res := v.visit(func(s *coatcheck.Session) {
				expectError(t, how.do(t.Context(), s), coatcheck.ErrGone)
			})
			expectNoCookie(t, res)
			expectEqual(t, "events", len(events.of(coatcheck.EventRejected)), 1)
		})
	}
}

// Whole records whose data this codec cannot split: written by another one, or
// to do harm.
func TestPromise8DataOfAnotherCodec(t *testing.T) {
	for name, data := range map[string]string{
		"nothing but a space":  " ",
		"an array":             `["a"]`,
		"a number":             `1`,
		"null":                 `null`,
		"half an object":       `{"a":1`,
		"two objects":          `{"a":1}{"b":2}`,
		"a key twice":          `{"a":1,"a":2}`,
		"a key twice, hidden":  "{\"a\":1,\"\\u0061\":2}",
		"no value":             `{"a":}`,
		"no key":               `{:1}`,
		"no colon":             `{"a" 1}`,
		"a comma too many":     `{"a":1,}`,
		"gob":                  "\x0d\x7f\x04\x01\x02\xff\x80\x00\x01\x0c\x01\x10\x00\x00",
		"pickle":               "\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
		"deeply nested":        `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
		"a long key":           `{"` + strings.Repeat("k", 100_000) + `":1}`,
		"a string without end": `{"a":"` + strings.Repeat(`\"`, 1000),
		"NUL in a key":         "{\"a\x00\":1}",
	} {
		t.Run(name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			m := manage(t, store, &coatcheck.Options{OnEvent: events.add, MaxBytes: 1 << 20})
			v := newVisitor(t, m).begin()
			whole := manage(t, store, &coatcheck.Options{Codec: wholeCodec{}, MaxBytes: 1 << 20})
			expectNil(t, whole.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
				coatcheck.NewKey[[]byte]("all").Set(s, []byte(data))
				return nil
			}))
			v.expectAnonymous()
			if reasons := events.rejected(); !slices.Equal(reasons, []string{"corrupt"}) {
				t.Errorf("rejected because %q", reasons)
			}
			err := m.Update(t.Context(), v.id(), func(*coatcheck.Session) error { return nil })
			if !errors.Is(err, coatcheck.ErrCorrupt) {
				t.Errorf("Update: %v", err)
			}
		})
	}
}

// A value that does not decode costs that key alone: the others are served and
// saved.
func TestPromise8AValueThatDoesNotDecodeCostsItsKey(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	expectNil(t, writeRaw(t, store.inner, v, `{"tally":"many","motto":"carpe diem"}`))
	v.expectMotto("")
	v.visit(func(s *coatcheck.Session) {
		_, _, err := tally.Lookup(s)
		expectError(t, err, coatcheck.ErrDecode)
		motto.Set(s, "festina lente")
	})
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "festina lente") })
}
