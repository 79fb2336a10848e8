package coatcheck_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A store is never given a token: neither as the ID, which is its hash, nor in
// anything else of a record.
func TestRequirement18StoreHoldsNoToken(t *testing.T) {
	store := watched(t)
	var told bytes.Buffer
	store.on(func(_ context.Context, o op, do func() error) error {
		if o.rec != nil {
			fmt.Fprintf(&told, "%s %s %s %s %x", o.rec.ID, o.rec.Owner, o.rec.Data, o.rec.Meta, o.rec.Meta)
		}
		fmt.Fprintf(&told, "%s %s", o.id, o.id[:])
		return do()
	})
	v := newVisitor(t, manage(t, store, nil)).begin()
	tokens := []coatcheck.Token{v.token()}
	v.login("ada")
	tokens = append(tokens, v.token())
	v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	for _, token := range tokens {
		for what, secret := range secretForms(t, token) {
			if strings.Contains(told.String(), secret) {
				t.Errorf("the store was given the token as %s", what)
			}
		}
		expectEqual(t, "the ID was given", strings.Contains(told.String(), v.m.ID(token).String()), true)
	}
}

// secretForms are the ways in which a token may be written.
func secretForms(t *testing.T, token coatcheck.Token) map[string]string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(string(token))
	expectNil(t, err)
	return map[string]string{"text": string(token), "bytes": string(raw), "digits": fmt.Sprintf("%x", raw)}
}

// Two records that a store confuses open neither session.
func TestRequirement19SwappedRecords(t *testing.T) {
	store, events := watched(t), new(journal)
	m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
	ada, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
	other := map[coatcheck.ID]coatcheck.ID{ada.id(): bob.id(), bob.id(): ada.id()}
	for _, keepsID := range []bool{false, true} {
		store.give(func(id coatcheck.ID, _ *coatcheck.Record) *coatcheck.Record {
			rec, err := store.inner.Load(t.Context(), other[id])
			if err != nil {
				return nil
			}
			theirs := *rec
			if keepsID {
				theirs.ID = id
			}
			return &theirs
		})
		for _, v := range []*visitor{ada, bob} {
			events.clear()
			v.expectAnonymous()
			expectEqual(t, "rejected for", strings.Join(events.rejected(), " "), "mixup")
		}
	}
	store.give(nil)
	ada.expectMotto("ada")
	bob.expectMotto("bob")
}

// A pooled connection that gives one request's record to the next: the record
// opens nothing, and is not put in the place of another.
func TestCase34AnotherRequestsRecord(t *testing.T) {
	store := watched(t)
	m := manage(t, store, nil)
	ada, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
	var last atomic.Pointer[coatcheck.Record]
	store.give(func(_ coatcheck.ID, rec *coatcheck.Record) *coatcheck.Record { return last.Swap(rec) })
	ada.expectMotto("ada") // nothing came before
	bob.expectAnonymous()  // gets ada's
	ada.expectAnonymous()  // gets bob's
	store.give(nil)
	ada.expectMotto("ada")
	bob.expectMotto("bob")
}

// A session is JSON of at most so many bytes and keys. What is over a limit is
// an error before it is stored, and nothing of it is.
func TestRequirement20SizeIsBounded(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	rec, err := store.inner.Load(t.Context(), v.id())
	expectNil(t, err)
	expectEqual(t, "data", string(rec.Data), `{"motto":"carpe diem"}`)
	store.on(nil)
	for what, change := range map[string]func(s *coatcheck.Session){
		"one value over 64 KiB": func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("x", 64<<10)) },
		"values over 64 KiB": func(s *coatcheck.Session) {
			for n := range 70 {
				coatcheck.NewKey[string](fmt.Sprint("k", n)).Set(s, strings.Repeat("x", 1000))
			}
		},
	} {
		res := v.visit(func(s *coatcheck.Session) {
			change(s)
			if err := s.Save(t.Context()); !errors.Is(err, coatcheck.ErrTooLarge) {
				t.Errorf("%s: %v", what, err)
			}
		})
		expectStatus(t, res, http.StatusInternalServerError)
		expectEqual(t, what+": writes", store.count("Replace")+store.count("Create"), 0)
	}
	v.expectMotto("")
}

// holds puts data in the place of a session's, as if this library had written
// it.
func (v *visitor) holds(store *spy, data []byte) {
	v.t.Helper()
	rec, err := store.inner.Load(v.t.Context(), v.id())
	expectNil(v.t, err)
	md, _ := coatcheck.OpenMeta(rec, rec.ID)
	forged := *rec
	forged.Data = data
	coatcheck.Seal(&forged, md)
	store.give(func(coatcheck.ID, *coatcheck.Record) *coatcheck.Record { return &forged })
}

// expectCorrupt checks that the session's data are refused, quickly and as
// damage.
func (v *visitor) expectCorrupt(what string, events *journal) {
	v.t.Helper()
	events.clear()
	v.expectAnonymous()
	expectEqual(v.t, what, strings.Join(events.rejected(), " "), "corrupt")
}

// A damaged record makes its visitor anonymous, is reported, is left where it
// is, and is no 500 whose cause comes back with each request.
func TestRequirement21CorruptRecord(t *testing.T) {
	store, events := watched(t), new(journal)
	v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
	old := v.id()
	tamper(t, store.inner, old, func(rec *coatcheck.Record) { rec.Data = flip(rec.Data, 3, 1) })
	for range 3 {
		v.expectCorrupt("damaged", events)
	}
	expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }), http.StatusOK)
	v.expectTally(1)
	_, err := store.inner.Load(t.Context(), old)
	expectNil(t, err)
}

// JSON that is made to exhaust its reader is refused by its depth, its keys,
// and the lengths that it claims.
func TestCase36HostileJSON(t *testing.T) {
	store, events := watched(t), new(journal)
	v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
	for what, data := range map[string]string{
		"depth of 10,000":    `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
		"objects in objects": `{"a":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000) + `}`,
		"no end":             `{"a":` + strings.Repeat("[", 1<<20),
		"long key":           `{"` + strings.Repeat("k", 1<<20) + `":1}`,
		"key twice":          `{"motto":"a","motto":"b"}`,
		"key twice, escaped": `{"motto":"a","m\u006ftto":"b"}`,
	} {
		v.holds(store, []byte(data))
		v.expectCorrupt(what, events)
	}
}

// What another language or library has serialised is never decoded: neither gob
// nor pickle is JSON.
func TestCase37ForeignSerialisation(t *testing.T) {
	store, events := watched(t), new(journal)
	v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
	var gobbed bytes.Buffer
	expectNil(t, gob.NewEncoder(&gobbed).Encode(map[string]any{"motto": "x"}))
	for what, data := range map[string][]byte{
		"gob":    gobbed.Bytes(),
		"pickle": []byte("\x80\x04\x95\x00cposix\nsystem\n(S'true'\ntR."),
		"php":    []byte(`motto|s:1:"x";`),
		"java":   []byte("\xac\xed\x00\x05sr\x00\x11java.util.HashMap"),
	} {
		v.holds(store, data)
		v.expectCorrupt(what, events)
	}
}

// Names that come from users cannot be those that the library keeps for itself,
// nor reach anything but the value of that name.
func TestCase63NamesFromUsers(t *testing.T) {
	for _, name := range []string{"coatcheck.owner", "coatcheck.", "", "a\xff", strings.Repeat("k", 129)} {
		expectError(t, coatcheck.CheckKey(name), coatcheck.ErrInvalid)
	}
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m).begin()
	for _, name := range []string{"owner", "__proto__", "ID", `","owner":"ada`, "upload_progress_|O:8:\"stdClass\"", "\x00", "../x"} {
		key := coatcheck.NewKey[string](name)
		v.visit(func(s *coatcheck.Session) { key.Set(s, name+`","motto":"stolen`) })
		v.visit(func(s *coatcheck.Session) { expectEqual(t, name, key.Get(s), name+`","motto":"stolen`) })
		v.expectMotto("")
	}
}
