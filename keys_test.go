package coatcheck_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A wardrobe is a value with parts that could be shared.
type wardrobe struct {
	Coats []string
	Hooks map[string]int
	Lent  *wardrobe
}

// full returns a wardrobe with something in each part.
func full() wardrobe {
	return wardrobe{[]string{"coat"}, map[string]int{"coat": 1}, &wardrobe{Coats: []string{"scarf"}}}
}

// rob changes all parts of a wardrobe in place.
func (w *wardrobe) rob() {
	w.Coats[0], w.Lent.Coats[0] = "stolen", "stolen"
	w.Hooks["coat"] = 666
}

// untouched reports whether w is as full made it.
func (w *wardrobe) untouched() bool {
	return slices.Equal(w.Coats, []string{"coat"}) && maps.Equal(w.Hooks, map[string]int{"coat": 1}) &&
		w.Lent != nil && slices.Equal(w.Lent.Coats, []string{"scarf"})
}

// What a key takes and gives is a private copy: only Set and Update change the
// session, before the save and behind it.
func TestValuesArePrivateCopies(t *testing.T) {
	closet := coatcheck.NewKey[wardrobe]("closet")
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	for _, request := range []string{"first", "second"} {
		v.visit(func(s *coatcheck.Session) {
			if request == "first" {
				mine := full()
				closet.Set(s, mine)
				mine.rob()
			}
			for range 2 {
				got := closet.Get(s)
				expectEqual(t, "untouched in the "+request+" request", got.untouched(), true)
				got.rob()
			}
		})
	}
	v.visit(func(s *coatcheck.Session) {
		var kept wardrobe
		closet.Update(s, func(w wardrobe) wardrobe { kept = w; return w })
		kept.rob()
		got := closet.Pop(s)
		expectEqual(t, "untouched by Update", got.untouched(), true)
	})
}

// The same of values that are bytes, which could alias the record.
func TestBytesArePrivateCopies(t *testing.T) {
	raw := coatcheck.NewKey[json.RawMessage]("raw")
	bytes := coatcheck.NewKey[[]byte]("bytes")
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	v.visit(func(s *coatcheck.Session) { raw.Set(s, json.RawMessage(`"coat"`)); bytes.Set(s, []byte("coat")) })
	for range 2 {
		v.visit(func(s *coatcheck.Session) {
			tally.Update(s, increment)
			for range 2 {
				a, b := raw.Get(s), bytes.Get(s)
				expectEqual(t, "raw", string(a), `"coat"`)
				expectEqual(t, "bytes", string(b), "coat")
				copy(a, `"****"`)
				copy(b, "****")
			}
		})
	}
}

// A nil is a value, and not the want of one.
func TestNilIsAValue(t *testing.T) {
	pointer := coatcheck.NewKey[*wardrobe]("pointer")
	list := coatcheck.NewKey[[]string]("list")
	index := coatcheck.NewKey[map[string]int]("index")
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	v.visit(func(s *coatcheck.Session) {
		_, ok, err := pointer.Lookup(s)
		expectNil(t, err)
		expectEqual(t, "there before", ok, false)
		pointer.Set(s, nil)
		list.Set(s, nil)
		index.Set(s, nil)
	})
	v.visit(func(s *coatcheck.Session) {
		p, there, err := pointer.Lookup(s)
		expectNil(t, err)
		l, alsoThere, err := list.Lookup(s)
		expectNil(t, err)
		i, andThere, err := index.Lookup(s)
		expectNil(t, err)
		if !there || !alsoThere || !andThere || p != nil || l != nil || i != nil {
			t.Errorf("found %v %v %v, there: %t %t %t", p, l, i, there, alsoThere, andThere)
		}
		pointer.Update(s, func(w *wardrobe) *wardrobe {
			expectEqual(t, "nil in Update", w == nil, true)
			return &wardrobe{Coats: []string{"coat"}}
		})
	})
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "coat", pointer.Get(s).Coats[0], "coat") })
}

// Keys shows what a request sees: what is stored, less what it removed, and
// what it added, each once.
func TestKeysListsWhatTheRequestSees(t *testing.T) {
	names := func(s *coatcheck.Session) string {
		list := s.Keys()
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	v.visit(func(s *coatcheck.Session) {
		for _, step := range []struct {
			do   func()
			want string
		}{
			{func() {}, "motto"},
			{func() { tally.Set(s, 1); tally.Update(s, increment) }, "motto tally"},
			{func() { motto.Set(s, "again") }, "motto tally"},
			{func() { motto.Delete(s) }, "tally"},
			{func() { expectNil(t, s.Save(t.Context())) }, "tally"},
			{func() { motto.Set(s, "carpe diem"); tally.Delete(s) }, "motto"},
			{func() { s.Clear() }, ""},
			{func() { tally.Update(s, increment) }, "tally"},
			{func() { expectNil(t, s.Save(t.Context())) }, "tally"},
			{func() {
				expectNil(t, s.Transact(t.Context(), func(inner *coatcheck.Session) error {
					motto.Set(inner, "carpe diem")
					expectEqual(t, "keys inside a transaction", names(inner), "motto tally")
					return nil
				}))
			}, "motto tally"},
		} {
			step.do()
			expectEqual(t, "keys", names(s), step.want)
		}
	})
	v.expectMotto("")
	v.expectTally(1)
}

// While a save is under way a key that it saves is listed once, though it was
// changed again.
func TestKeysDuringASave(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	v.visit(func(s *coatcheck.Session) {
		tally.Set(s, 1)
		store.on(only("Replace", once(func(_ context.Context, _ op, do func() error) error {
			expectEqual(t, "keys on their way", len(s.Keys()), 2)
			tally.Set(s, 2)
			expectEqual(t, "keys changed again", len(s.Keys()), 2)
			return do()
		})))
		expectNil(t, s.Save(t.Context()))
	})
	v.expectTally(2)
}

// Clear takes with it what other requests added until the save, and neither
// the token nor the owner.
func TestClearTakesWhatOthersAdded(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin().login("ada")
	before := v.cookie
	v.visit(func(s *coatcheck.Session) {
		s.Clear()
		v.twin().visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	})
	v.visit(func(s *coatcheck.Session) {
		expectEqual(t, "keys", len(s.Keys()), 0)
		expectEqual(t, "owner", s.Owner(), "ada")
	})
	expectEqual(t, "cookie", v.cookie, before)
}

// Every change by the zero Key is refused, and its reads find nothing.
func TestEveryUseOfTheZeroKey(t *testing.T) {
	var none coatcheck.Key[int]
	for name, change := range map[string]func(*coatcheck.Session){
		"Set":    func(s *coatcheck.Session) { none.Set(s, 1) },
		"Update": func(s *coatcheck.Session) { none.Update(s, increment) },
		"Delete": func(s *coatcheck.Session) { none.Delete(s) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			res := v.visit(func(s *coatcheck.Session) {
				_, ok, err := none.Lookup(s)
				expectNil(t, err)
				expectEqual(t, "there", ok, false)
				expectEqual(t, "popped", none.Pop(s), 0)
				expectNil(t, s.Err())
				motto.Set(s, "lost")
				change(s)
				expectError(t, s.Err(), coatcheck.ErrInvalid)
			})
			expectStatus(t, res, http.StatusInternalServerError)
			v.expectMotto("")
		})
	}
}

// NewKey panics with what CheckKey says, which names the rule.
func TestNewKeyPanicsWithTheRule(t *testing.T) {
	for name, rule := range map[string]string{
		"":                       "needs a name",
		strings.Repeat("k", 129): "at most 128",
		"\xff":                   "valid UTF-8",
		"coatcheck.x":            `begin with "coatcheck." are reserved`,
	} {
		func() {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "coatcheck: ") || !strings.Contains(text, rule) || text != coatcheck.CheckKey(name).Error() {
					t.Errorf("NewKey(%q) panics with %q, want the rule %q", name, text, rule)
				}
			}()
			coatcheck.NewKey[int](name)
		}()
	}
}

// A handler may use its session in many goroutines, while it is being saved
// too: nothing is lost and nothing counted twice.
func TestGoroutinesOfOneRequest(t *testing.T) {
	const workers, rounds = 8, 25
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	res := v.visit(func(s *coatcheck.Session) {
		var all sync.WaitGroup
		for worker := range workers {
			own := coatcheck.NewKey[int]("own" + strconv.Itoa(worker))
			all.Go(func() {
				for round := range rounds {
					tally.Update(s, func(n int) int { runtime.Gosched(); return n + 1 })
					own.Set(s, round)
					expectEqual(t, "own value", own.Get(s), round)
					switch worker % 4 {
					case 0:
						expectNil(t, s.Save(t.Context()))
					case 1:
						expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error { tally.Update(s, increment); return nil }))
					case 2:
						_, _, _ = s.Keys(), s.Info(), s.IsNew()
					case 3:
						own.Delete(s)
						expectEqual(t, "popped", own.Pop(s), 0)
					}
				}
			})
		}
		all.Wait()
		expectEqual(t, "motto", motto.Get(s), "carpe diem")
	})
	expectStatus(t, res, http.StatusOK)
	v.expectTally(workers*rounds + workers/4*rounds) // a transaction adds one more
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "keys", len(s.Keys()), 2+workers*3/4) })
}
