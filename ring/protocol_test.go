package ring_test

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// idBetween returns an ID whose home is the given one by each of the lists.
func (x *explorer) idBetween(places ...string) {
	for n := uint64(0); ; n++ {
		var id coatcheck.ID
		binary.BigEndian.PutUint64(id[:], n)
		fits := true
		for _, p := range places {
			list, home := p[:len(p)-1], p[len(p)-1:]
			var members []ring.Member
			for _, m := range list {
				members = append(members, ring.Member{Name: string(m), Store: x.stores["a"], Weight: 1})
			}
			r, err := ring.New(members, nil)
			if err != nil {
				panic(err)
			}
			fits = fits && r.Locate(id)[0] == home
		}
		if fits {
			x.id = id
			return
		}
	}
}

const rounds = 150

// lives begins with a record at its old place.
func (x *explorer) lives(old *actor) {
	x.run(map[*actor]func(*actor){old: func(a *actor) { a.create(1) }})
}

// crash lets one of the actors crash, in half of the rounds.
func (x *explorer) crash(actors ...*actor) {
	if x.rng.IntN(2) == 0 {
		actors[x.rng.IntN(len(actors))].calls = x.rng.IntN(12)
	}
}

// In each of these tests the members are a and b, and then a, b and c. The
// actor "old" has not heard of it.
func TestProtocolUpdates(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		old, new, mover := x.actor("old", "ab"), x.actor("new", "ab", "abc"), x.actor("mover", "ab", "abc")
		x.lives(old)
		x.crash(new, mover)
		return map[*actor]func(*actor){
			old:   func(a *actor) { a.update(0x11); a.update(0x12) },
			new:   func(a *actor) { a.update(0x21); a.update(0x22) },
			mover: func(a *actor) { a.rebalance() },
		}, []*actor{x.actor("check old", "ab"), x.actor("check new", "ab", "abc")}
	})
}

func TestProtocolDeletes(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		old, new, mover := x.actor("old", "ab"), x.actor("new", "ab", "abc"), x.actor("mover", "ab", "abc")
		x.lives(old)
		x.crash(old, new, mover)
		ending, other := old, new
		if x.rng.IntN(2) == 0 {
			ending, other = new, old
		}
		return map[*actor]func(*actor){
			ending: func(a *actor) { a.delete(); a.load() },
			other:  func(a *actor) { a.update(0x21); a.load(); a.load() },
			mover:  func(a *actor) { a.rebalance(); a.load() },
		}, []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

func TestProtocolTouches(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		old, new, mover := x.actor("old", "ab"), x.actor("new", "ab", "abc"), x.actor("mover", "ab", "abc")
		x.lives(old)
		x.crash(new, mover)
		return map[*actor]func(*actor){
			old:   func(a *actor) { a.touch(1100); a.load(); a.touch(1200) },
			new:   func(a *actor) { a.touch(1150); a.load() },
			mover: func(a *actor) { a.rebalance() },
		}, []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

func TestProtocolCreates(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		old, new, other := x.actor("old", "ab"), x.actor("new", "ab", "abc"), x.actor("other", "ab", "abc")
		x.crash(old, new, other)
		return map[*actor]func(*actor){
			old:   func(a *actor) { a.create(0x11); a.update(0x12) },
			new:   func(a *actor) { a.create(0x21); a.load(); a.delete() },
			other: func(a *actor) { a.create(0x31); a.rebalance() },
		}, []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

// An ID is used again and again, as that of a mark is.
func TestProtocolReuses(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		old, new, mover := x.actor("old", "ab"), x.actor("new", "ab", "abc"), x.actor("mover", "ab", "abc")
		x.lives(old)
		return map[*actor]func(*actor){
			old:   func(a *actor) { a.delete(); a.create(0x11); a.load() },
			new:   func(a *actor) { a.delete(); a.create(0x21); a.load() },
			mover: func(a *actor) { a.rebalance(); a.load(); a.rebalance() },
		}, []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

// Two changes follow each other, and each actor has heard of another number of
// them.
func TestProtocolOfTwoChanges(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aa", "abb", "abcc")
		first, second, third := x.actor("first", "a"), x.actor("second", "a", "ab"), x.actor("third", "a", "ab", "abc")
		x.lives(first)
		x.crash(second, third)
		return map[*actor]func(*actor){
			first:  func(a *actor) { a.update(0x11); a.touch(1100); a.load() },
			second: func(a *actor) { a.rebalance(); a.update(0x21) },
			third:  func(a *actor) { a.update(0x31); a.delete(); a.load() },
		}, []*actor{x.actor("check third", "a", "ab", "abc"), x.actor("check second", "a", "ab"), x.actor("check first", "a")}
	})
}

// A change is undone, so that a session comes back to where a stub of it is.
func TestProtocolOfAChangeUndone(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		first, second, third := x.actor("first", "ab"), x.actor("second", "ab", "abc"), x.actor("third", "ab", "abc", "ab")
		x.lives(first)
		x.crash(second, third)
		return map[*actor]func(*actor){
			first:  func(a *actor) { a.update(0x11); a.load() },
			second: func(a *actor) { a.rebalance(); a.update(0x21) },
			third:  func(a *actor) { a.rebalance(); a.update(0x31); a.delete() },
		}, []*actor{x.actor("check third", "ab", "abc", "ab"), x.actor("check second", "ab", "abc")}
	})
}

// halfMoved begins with a record whose move was committed, but no more, when its
// mover crashed.
func (x *explorer) halfMoved() (old, new *actor) {
	x.idBetween("aba", "abcc")
	old, new = x.actor("old", "ab"), x.actor("new", "ab", "abc")
	x.lives(old)
	mover := x.actor("mover", "ab", "abc")
	x.run(map[*actor]func(*actor){mover: func(a *actor) {
		_, _ = a.ring.Load(context.Background(), x.id) // which reads the notes about the members
		a.calls = 4                                    // a look at both places, the copy, the stub
		a.rebalance()
	}})
	return old, new
}

func TestProtocolOfAHalfMove(t *testing.T) {
	explore(t, rounds, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		old, new := x.halfMoved()
		third := x.actor("third", "ab", "abc")
		ending, reading := old, new
		if x.rng.IntN(2) == 0 {
			ending, reading = new, old
		}
		return map[*actor]func(*actor){
			ending:  func(a *actor) { a.delete() },
			reading: func(a *actor) { a.load(); a.load(); a.load() },
			third:   func(a *actor) { a.load(); a.touch(1100); a.load() },
		}, []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

// Whoever comes first completes a move, and it leaves a stub that outlives the
// deadline that the record had then.
func TestHalfMoveIsCompleted(t *testing.T) {
	complete := map[string]func(a *actor){
		"a load":      func(a *actor) { a.load() },
		"a touch":     func(a *actor) { a.touch(1200) },
		"a save":      func(a *actor) { a.replace(1, 2) },
		"a rebalance": func(a *actor) { a.rebalance() },
	}
	for name, do := range complete {
		for _, who := range []string{"old", "new"} {
			synctest.Test(t, func(t *testing.T) {
				x := newExplorer(1)
				old, new := x.halfMoved()
				a := new
				if who == "old" {
					a = old
				}
				x.run(map[*actor]func(*actor){a: do})
				if raw, err := x.stores["c"].Load(t.Context(), x.id); err != nil || string(raw.Meta) != "meta" {
					t.Errorf("after %s by %s the record is not at its new home: %v, %v", name, who, raw, err)
				}
				x.run(map[*actor]func(*actor){new: func(a *actor) { a.touch(3000) }})
				time.Sleep(lifespan*time.Second + 500*time.Second)
				x.run(map[*actor]func(*actor){old: func(a *actor) {
					if got := a.load(); !got.known || got.err != nil {
						t.Errorf("after %s by %s, and a while, the old process finds %v", name, who, got.err)
					}
				}})
			})
		}
	}
}
