package ring_test

import "testing"

// deeds lets an actor do some things by chance, which are not to be planned.
func (x *explorer) deeds(n int, base uint64, create bool) func(*actor) {
	var todo []int
	for range n {
		what := x.rng.IntN(8)
		if what == 5 && !create {
			what = 0
		}
		todo = append(todo, what)
	}
	return func(a *actor) {
		for i, what := range todo {
			switch what {
			case 0, 1:
				a.update(base + uint64(i))
			case 2:
				a.load()
			case 3:
				a.touch(1000 + int(base) + 10*i)
			case 4:
				a.delete()
			case 5:
				a.create(base + uint64(i))
			default:
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
		undone := x.rng.IntN(3) == 0
		if undone {
			lists[2][2] = "a"
		}
		first := x.rng.IntN(2) // how many changes the last to learn knows
		last := first + 1 + x.rng.IntN(2-first)
		old, new, third := x.actor("old", lists[first]...), x.actor("new", lists[first+1]...), x.actor("third", lists[last]...)
		if undone || x.rng.IntN(4) > 0 {
			x.lives(old)
		}
		x.crash(new, third)
		x.losses = x.rng.IntN(4)
		scripts := map[*actor]func(*actor){old: x.deeds(2, 0x10, !undone), new: x.deeds(3, 0x20, !undone), third: x.deeds(3, 0x30, !undone)}
		return scripts, []*actor{x.actor("check third", lists[last]...), x.actor("check old", lists[first]...)}
	})
}
