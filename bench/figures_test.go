package main

import (
	"testing"
)

// TestOver subtracts round by round, so that a round in which everything was
// slow does not count twice.
func TestOver(t *testing.T) {
	base, lib, slow := library{name: "base", base: "base"}, library{name: "lib", base: "base"}, library{name: "slow", base: "base"}
	g := grid{"page": {
		"base": {rounds: []cost{{ns: 100}, {ns: 1000}, {ns: 110}}},
		"lib":  {rounds: []cost{{ns: 150}, {ns: 1500}, {ns: 160}}},
		"slow": {rounds: []cost{{ns: 600}, {ns: 6000}, {ns: 610}}},
	}}
	if got := g.over(lib, "page").ns; got != 50 {
		t.Errorf("over the base: %v ns, want 50", got)
	}
	if got := g.own(base, "page").ns; got != 110 {
		t.Errorf("the base itself: %v ns, want 110", got)
	}
	if got := g.times(lib, slow, "page"); got != 10 {
		t.Errorf("slow takes %v times as long, want 10", got)
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		outcomes []string
		want     string
	}{
		{[]string{"2000", "2000"}, "2000"},
		{[]string{"954", "1255", "64"}, "64–1255"},
		{[]string{"yes", "no", "yes"}, "no; sometimes yes"},
	} {
		if got := span(c.outcomes); got != c.want {
			t.Errorf("span(%q) = %q, want %q", c.outcomes, got, c.want)
		}
	}
}
