package coatcheck_test

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// What the methods of a Key do, within one request and from one to the next.
func TestKeysWithinARequestAndAcross(t *testing.T) {
	cart := coatcheck.NewKey[[]string]("cart")
	for _, test := range []struct {
		name       string
		do         func(t *testing.T, s *coatcheck.Session)
		tally      int
		here, gone string // a key that must be there afterwards, and one that must not
	}{
		{"Set is seen at once and kept", func(t *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			expectEqual(t, "tally", tally.Get(s), 5)
		}, 5, "tally", ""},
		{"the last Set counts", func(_ *testing.T, s *coatcheck.Session) { tally.Set(s, 5); tally.Set(s, 6) }, 6, "tally", ""},
		{"Update of nothing begins at zero", func(_ *testing.T, s *coatcheck.Session) { tally.Update(s, increment) }, 1, "tally", ""},
		{"Updates add up, behind a Set too", func(_ *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			tally.Update(s, increment)
			tally.Update(s, increment)
		}, 7, "tally", ""},
		{"Set behind an Update counts", func(_ *testing.T, s *coatcheck.Session) { tally.Update(s, increment); tally.Set(s, 5) }, 5, "tally", ""},
		{"Delete", func(t *testing.T, s *coatcheck.Session) {
			motto.Delete(s)
			_, ok, err := motto.Lookup(s)
			expectNil(t, err)
			expectEqual(t, "there", ok, false)
		}, 0, "", "motto"},
		{"Delete of nothing", func(_ *testing.T, s *coatcheck.Session) { tally.Delete(s) }, 0, "motto", "tally"},
		{"Update behind a Delete begins at zero", func(_ *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			tally.Delete(s)
			tally.Update(s, increment)
		}, 1, "tally", ""},
		{"Pop gives the value once", func(t *testing.T, s *coatcheck.Session) {
			expectEqual(t, "popped", motto.Pop(s), "carpe diem")
			expectEqual(t, "popped again", motto.Pop(s), "")
		}, 0, "", "motto"},
		{"Clear removes all", func(t *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			s.Clear()
			expectEqual(t, "keys", len(s.Keys()), 0)
			expectEqual(t, "tally", tally.Get(s), 0)
		}, 0, "", "motto"},
		{"what is changed behind Clear is kept", func(_ *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			s.Clear()
			tally.Update(s, increment)
		}, 1, "tally", "motto"},
		{"Get gives a private copy", func(t *testing.T, s *coatcheck.Session) {
			list := []string{"coat"}
			cart.Set(s, list)
			list[0] = "stolen"
			cart.Get(s)[0] = "stolen"
			expectEqual(t, "cart", cart.Get(s)[0], "coat")
		}, 0, "cart", ""},
		{"Lookup tells nothing from zero", func(t *testing.T, s *coatcheck.Session) {
			_, ok, err := tally.Lookup(s)
			expectEqual(t, "there before", ok, false)
			expectNil(t, err)
			tally.Set(s, 0)
			_, ok, err = tally.Lookup(s)
			expectEqual(t, "there behind", ok, true)
			expectNil(t, err)
		}, 0, "tally", ""},
		{"two keys of one name are one value", func(t *testing.T, s *coatcheck.Session) {
			tally.Set(s, 5)
			expectEqual(t, "as a float", coatcheck.NewKey[float64]("tally").Get(s), 5)
		}, 5, "tally", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			expectStatus(t, v.visit(func(s *coatcheck.Session) { test.do(t, s) }), http.StatusOK)
			v.expectTally(test.tally)
			v.visit(func(s *coatcheck.Session) {
				if test.here != "" && !slices.Contains(s.Keys(), test.here) {
					t.Errorf("key %q is missing from %q", test.here, s.Keys())
				}
				if slices.Contains(s.Keys(), test.gone) {
					t.Errorf("key %q is among %q", test.gone, s.Keys())
				}
				expectEqual(t, "cart", strings.Join(cart.Get(s), " ") == "coat", test.here == "cart")
			})
		})
	}
}

// A value that does not decode is told apart from none, and nothing that this
// program does to its key by Update, Get or Pop touches its bytes; nor does
// it touch keys that only other programs know.
func TestForeignValuesAreKeptByteForByte(t *testing.T) {
	const foreign = `{"a" : 1.50, "motto":[ "not" , "a string"],"z\u00e9\"q":  {"deep": [1,2,{}] }}`
	store := watched(t)
	events := new(journal)
	v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
	expectNil(t, writeRaw(t, store.inner, v, foreign))
	t.Run("Lookup is ErrDecode", func(t *testing.T) {
		v.visit(func(s *coatcheck.Session) {
			value, ok, err := motto.Lookup(s)
			expectError(t, err, coatcheck.ErrDecode)
			expectEqual(t, "there", ok, false)
			expectEqual(t, "value", value, "")
			expectEqual(t, "Get", motto.Get(s), "")
			expectEqual(t, "Pop", motto.Pop(s), "")
		})
		for _, e := range events.of(coatcheck.EventDecodeFailure) {
			expectEqual(t, "key in the event", e.Reason, "motto")
			expectEqual(t, "session in the event", e.ID, v.id())
		}
		expectEqual(t, "events", len(events.of(coatcheck.EventDecodeFailure)), 3)
	})
	t.Run("Update is ErrDecode, sticks, and fails the save", func(t *testing.T) {
		res := v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			motto.Update(s, func(m string) string { t.Error("the function ran"); return m })
			expectError(t, s.Err(), coatcheck.ErrDecode)
			expectError(t, s.Save(t.Context()), coatcheck.ErrDecode)
		})
		expectStatus(t, res, http.StatusInternalServerError)
		v.expectTally(0)
	})
	t.Run("other changes leave the bytes as they are", func(t *testing.T) {
		v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
		rec, err := store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		expectEqual(t, "data", string(rec.Data), foreign[:len(foreign)-1]+`,"tally":1}`)
		v.visit(func(s *coatcheck.Session) { tally.Delete(s) })
		rec, err = store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		expectEqual(t, "data", string(rec.Data), foreign)
	})
	t.Run("Set replaces it", func(t *testing.T) {
		v.visit(func(s *coatcheck.Session) { motto.Set(s, "carpe diem") })
		v.expectMotto("")
	})
}

// writeRaw puts data into the visitor's session, as another program would:
// through a codec for which all of the data is one key.
func writeRaw(t *testing.T, store coatcheck.Store, v *visitor, data string) error {
	t.Helper()
	whole := manage(t, store, &coatcheck.Options{Codec: wholeCodec{}})
	return whole.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
		coatcheck.NewKey[[]byte]("all").Set(s, []byte(data))
		return nil
	})
}

// wholeCodec has one key, whose value is the record's data as it stands.
type wholeCodec struct{}

func (wholeCodec) Encode(v any) ([]byte, error) { return v.([]byte), nil }

func (wholeCodec) Decode(value []byte, v any) error { *v.(*[]byte) = value; return nil }

func (wholeCodec) Split(data []byte, entry func(key, value []byte) error) error {
	return entry([]byte("all"), data)
}

func (wholeCodec) AppendEntry(_ []byte, _ string, value []byte) []byte { return value }

// A change that cannot be recorded sticks in Err and fails the save as a
// whole, until Clear takes it back.
func TestAChangeThatDoesNotEncodeFailsTheSave(t *testing.T) {
	ratio := coatcheck.NewKey[float64]("ratio")
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	res := v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		tally.Set(s, 1)
		ratio.Set(s, math.NaN())
		if s.Err() == nil || !strings.Contains(s.Err().Error(), `"ratio"`) {
			t.Errorf("Err is %v; it must name the key", s.Err())
		}
		_, _ = w.Write([]byte("saved!"))
	})
	expectStatus(t, res, http.StatusInternalServerError)
	v.expectTally(0)
	expectStatus(t, v.visit(func(s *coatcheck.Session) {
		ratio.Set(s, math.Inf(1))
		s.Clear()
		expectNil(t, s.Err())
		tally.Set(s, 2)
	}), http.StatusOK)
	v.expectTally(2)
}

func TestTheZeroKeyNamesNothing(t *testing.T) {
	var none coatcheck.Key[int]
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	res := v.visit(func(s *coatcheck.Session) {
		expectEqual(t, "value", none.Get(s), 0)
		none.Set(s, 1)
		expectError(t, s.Err(), coatcheck.ErrInvalid)
	})
	expectStatus(t, res, http.StatusInternalServerError)
	expectNoCookie(t, res)
}

func TestKeyNames(t *testing.T) {
	for name, good := range map[string]bool{
		"":                       false,
		"a":                      true,
		"Grüße, \"quoted\" \x00": true,
		strings.Repeat("k", 128): true,
		strings.Repeat("k", 129): false,
		"\xff":                   false,
		"coatcheck.":             false,
		"coatcheck.x":            false,
		"coatcheck":              true,
	} {
		err := coatcheck.CheckKey(name)
		if good {
			expectNil(t, err)
			expectEqual(t, "name", coatcheck.NewKey[int](name).Name(), name)
			continue
		}
		expectError(t, err, coatcheck.ErrInvalid)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewKey(%q) did not panic", name)
				}
			}()
			coatcheck.NewKey[int](name)
		}()
	}
}

// Any name that CheckKey allows works, whatever JSON makes of it.
func TestStrangeKeyNamesAndValuesSurvive(t *testing.T) {
	strange := []string{`"`, `\`, "\x00\x1f", "<script>", "é", "\u2028", "a\"b", `\u0041`, strings.Repeat("ü", 64), "__proto__"}
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	v.visit(func(s *coatcheck.Session) {
		for _, name := range strange {
			coatcheck.NewKey[string](name).Set(s, "="+name)
		}
	})
	v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	v.visit(func(s *coatcheck.Session) {
		for _, name := range strange {
			expectEqual(t, name, coatcheck.NewKey[string](name).Get(s), "="+name)
			coatcheck.NewKey[string](name).Delete(s)
		}
		expectEqual(t, "keys", strings.Join(s.Keys(), " "), "tally")
	})
}
