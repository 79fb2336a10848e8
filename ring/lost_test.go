package ring_test

import (
	"fmt"
	"testing"
)

// What actors do by chance, a letter for each: update, load, touch, delete,
// create, end, rebalance. When a change is undone, there are exceptions for those
// who have not heard of it: see docs/RING.md.
const (
	anything   = "uultdcerr"
	undone     = "uultderr"
	undoneLate = "uuullderr"
)

// deeds lets an actor do n things of this choice, which are not to be planned.
func (x *explorer) deeds(n int, base uint64, choice string) func(*actor) {
	var todo []byte
	for range n {
		todo = append(todo, choice[x.rng.IntN(len(choice))])
	}
	return func(a *actor) {
		for i, what := range todo {
			version := base + uint64(i)
			switch what {
			case 'u':
				a.update(version)
			case 'l':
				a.load()
			case 't':
				a.touch(1000 + int(base) + 10*i)
			case 'd':
				a.delete()
			case 'c':
				a.create(version)
			case 'e':
				if got := a.load(); got.version != 0 {
					a.end(got.version, version)
				}
			case 'r':
				a.rebalance()
			}
		}
	}
}

// Whatever processes do at once, whoever crashes, and whichever calls get no
// answer and arrive late.
func TestProtocolWithLostAnswers(t *testing.T) {
	explore(t, 4*rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aa", "abb", "abcc")
		lists := [][]string{{"a"}, {"a", "ab"}, {"a", "ab", "abc"}}
		all, late := anything, anything
		if x.rng.IntN(3) == 0 {
			lists[2][2], all, late = "a", undone, undoneLate
		}
		first := x.rng.IntN(2) // how many changes the last to learn knows
		last := first + 1 + x.rng.IntN(2-first)
		old, new, third := x.actor("old", lists[first]...), x.actor("new", lists[first+1]...), x.actor("third", lists[last]...)
		if all == undone || x.rng.IntN(4) > 0 {
			x.lives(old)
		}
		x.crash(new, third)
		x.losses = x.rng.IntN(4)
		scripts := map[*actor]func(*actor){old: x.deeds(2, 0x10, late), new: x.deeds(3, 0x20, all), third: x.deeds(3, 0x30, all)}
		return scripts, []*actor{x.actor("check third", lists[last]...), x.actor("check old", lists[first]...)}
	})
}

// The same with more processes, so that two that know as little as each other
// meet as well.
func TestProtocolOfACrowd(t *testing.T) {
	explore(t, 4*rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aa", "abb", "abcc")
		lists := []string{"a", "ab", "abc"}
		scripts := map[*actor]func(*actor){}
		for i := range 4 {
			know := 1 + x.rng.IntN(len(lists))
			a := x.actor(fmt.Sprint(lists[:know], " ", i), lists[:know]...)
			scripts[a] = x.deeds(1+x.rng.IntN(4), uint64(i+1)<<4, anything)
		}
		x.losses = max(x.rng.IntN(6)-3, 0)
		return scripts, []*actor{x.actor("check all", lists...), x.actor("check second", lists[:2]...), x.actor("check first", "a")}
	})
}
