package coatcheck_test

import (
	"bytes"
	"testing"

	"github.com/coatcheck/coatcheck"
)

func TestMetaParts(t *testing.T) {
	var p coatcheck.MetaParts
	p = p.With(3, []byte("three")).With(1, []byte("one")).With(2, []byte("two")).With(3, []byte("drei"))
	for tag, want := range map[coatcheck.PartTag]string{1: "one", 2: "two", 3: "drei", 4: ""} {
		expectEqual(t, "part", string(p.Get(tag)), want)
	}
	if !p.Sound() {
		t.Error("what was put together does not come apart")
	}
	less := p.With(2, nil)
	expectEqual(t, "a part that was taken away", string(less.Get(2)), "")
	expectEqual(t, "its neighbour", string(less.Get(3)), "drei")
	expectEqual(t, "the one it was taken from", string(p.Get(2)), "two")
	if again := less.With(2, []byte("two")); !bytes.Equal(again, p) {
		t.Errorf("%q is not %q", again, p)
	}
	for cut := range p {
		if whole := cut == 5 || cut == 10; coatcheck.MetaParts(p[:cut]).Sound() != (whole || cut == 0) {
			t.Errorf("cut to %d bytes: sound is %t", cut, !whole)
		}
	}
	for _, bad := range []string{"\x00\x00", "\x02\x00\x01\x00", "\x01\x00\x01\x00", "\x01\x02a"} {
		if coatcheck.MetaParts(bad).Sound() {
			t.Errorf("%q passes for parts", bad)
		}
	}
}
