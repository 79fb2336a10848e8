package ring_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

func TestContradictionsAreErrors(t *testing.T) {
	s := memstore.New(nil)
	one := ring.Member{Name: "a", Store: s, Weight: 1}
	two := ring.Member{Name: "b", Store: s, Weight: 1}
	with := func(change func(*ring.Member)) []ring.Member {
		m := two
		change(&m)
		return []ring.Member{one, m}
	}
	for _, c := range []struct {
		say     string
		members []ring.Member
		opts    ring.Options
	}{
		{"no members", nil, ring.Options{}},
		{`Members[1].Name is ""`, with(func(m *ring.Member) { m.Name = "" }), ring.Options{}},
		{"without spaces", with(func(m *ring.Member) { m.Name = "a b" }), ring.Options{}},
		{"1 to 64 bytes", with(func(m *ring.Member) { m.Name = strings.Repeat("x", 65) }), ring.Options{}},
		{"printable ASCII", with(func(m *ring.Member) { m.Name = "é" }), ring.Options{}},
		{`two members are called "a"`, with(func(m *ring.Member) { m.Name = "a" }), ring.Options{}},
		{`"b" has no Store`, with(func(m *ring.Member) { m.Store = nil }), ring.Options{}},
		{"itself a ring", with(func(m *ring.Member) { m.Store = newRing(t, []ring.Member{one}, nil) }), ring.Options{}},
		{"weight of 0", with(func(m *ring.Member) { m.Weight = 0 }), ring.Options{}},
		{"weight of -1", with(func(m *ring.Member) { m.Weight = -1 }), ring.Options{}},
		{"weight of NaN", with(func(m *ring.Member) { m.Weight = math.NaN() }), ring.Options{}},
		{"weight of +Inf", with(func(m *ring.Member) { m.Weight = math.Inf(1) }), ring.Options{}},
		{"standby with a weight", with(func(m *ring.Member) { m.Standby = true }), ring.Options{}},
		{"all members are standbys", []ring.Member{{Name: "a", Store: s, Standby: true}}, ring.Options{}},
		{"nothing could take over", []ring.Member{one}, ring.Options{Policy: ring.FailOver}},
		{"whole numbers", with(func(m *ring.Member) { m.Weight = 1.5 }), ring.Options{Layout: ring.Ketama}},
		{"gets no point", with(func(m *ring.Member) { m.Weight = 1000 }), ring.Options{Layout: ring.Ketama}},
		{"Options.Policy is 7", []ring.Member{one}, ring.Options{Policy: 7}},
		{"Options.Layout is -1", []ring.Member{one}, ring.Options{Layout: -1}},
		{"only for the Layout Ketama", []ring.Member{one}, ring.Options{KetamaHash: ketama.MD5}},
		{"Options.MemberTimeout is 1ns", []ring.Member{one}, ring.Options{MemberTimeout: 1}},
		{"Options.Overlap is 1ms", []ring.Member{one}, ring.Options{Overlap: time.Millisecond}},
		{"Options.Former: ", []ring.Member{one}, ring.Options{Former: []ring.Member{{Name: "x"}}}},
	} {
		_, err := ring.New(c.members, &c.opts)
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("error is %v, want ErrInvalid that says %q", err, c.say)
		}
	}
	r := newRing(t, []ring.Member{one, two}, nil)
	if err := r.SetMembers(nil); !errors.Is(err, coatcheck.ErrInvalid) {
		t.Errorf("SetMembers(nil): %v", err)
	}
	if _, err := r.Plan(nil); !errors.Is(err, coatcheck.ErrInvalid) {
		t.Errorf("Plan(nil): %v", err)
	}
	if got := r.Members(); len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" {
		t.Errorf("Members: %+v", got)
	}
}

// A farm's other clients find a session where their own hash says.
func TestKetamaPlacesByTheStoresKey(t *testing.T) {
	servers := []ketama.Server{{Name: "a", Weight: 15}, {Name: "b", Weight: 20}, {Name: "c", Weight: 10}}
	continuum, err := ketama.New(servers)
	if err != nil {
		t.Fatal(err)
	}
	key := func(id coatcheck.ID) string { return "session:" + id.String() }
	r := newRing(t, weighted(15, 20, 10), &ring.Options{Layout: ring.Ketama, KetamaKey: key, KetamaHash: ketama.FNV1a64})
	for n := range 1000 {
		id := hashed(n)
		if want := servers[continuum.Find(ketama.FNV1a64(key(id)))].Name; r.Locate(id)[0] != want {
			t.Fatalf("%s is at %s, want %s", key(id), r.Locate(id)[0], want)
		}
	}
}
