package command_test

import (
	"io"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck/bench/command"
)

// TestParse: -quick shortens, and what other flags say goes before that,
// wherever they stand.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
		fail bool
	}{
		{nil, 7, false},
		{[]string{"-n", "5"}, 5, false},
		{[]string{"-quick"}, 1, false},
		{[]string{"-quick", "-n", "5"}, 5, false},
		{[]string{"-n", "5", "-quick"}, 5, false},
		{[]string{"-quick", "five"}, 0, true},
		{[]string{"-n"}, 0, true},
		{[]string{"-m", "1"}, 0, true},
	} {
		flags := command.Flags("test", io.Discard)
		n := flags.Int("n", 7, "")
		err := command.Parse(flags, c.args, func() { *n = 1 })
		if (err != nil) != c.fail || err == nil && *n != c.want {
			t.Errorf("%q: %d, %v", c.args, *n, err)
		}
	}
}

func TestPick(t *testing.T) {
	all := []string{"one", "two", "three"}
	for list, want := range map[string][]string{
		"one,two,three": all, "three,one": {"one", "three"}, "two": {"two"}, "": nil, "four": nil, "one,four": nil,
	} {
		got, err := command.Pick("only", list, all)
		if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", list, got, err)
		}
	}
}
