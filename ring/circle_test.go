package ring_test

import "testing"

// These tests, too, are each about one order of calls. Here sessions can come
// back to where they were, or go through more than two places.

// cameBack begins with a record at a. The actors "first", "second" and "third"
// have heard of no change, of one that makes c its home, and of one that undoes
// that; "second slow" is another one who knows of one.
func cameBack(t *testing.T, scene func(x *explorer) map[string]func(*actor)) {
	t.Helper()
	explore(t, 1, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		actors := map[string]*actor{
			"first":       x.actor("first", "ab"),
			"second":      x.actor("second", "ab", "abc"),
			"second slow": x.actor("second slow", "ab", "abc"),
			"third":       x.actor("third", "ab", "abc", "ab"),
		}
		for _, a := range actors {
			x.know(a)
		}
		x.lives(actors["first"])
		scripts := map[*actor]func(*actor){}
		for name, script := range scene(x) {
			scripts[actors[name]] = script
		}
		return scripts, []*actor{x.actor("check third", "ab", "abc", "ab"), x.actor("check second", "ab", "abc")}
	})
}

// A mover that is about to commit does not succeed any more when the record has
// gone and come back meanwhile, although it has the same version.
func TestCommitAfterTheRecordCameBack(t *testing.T) {
	cameBack(t, func(x *explorer) map[string]func(*actor) {
		x.then("second slow", 5) // two looks at both places, the copy
		x.then("second", rest)   // there
		x.then("third", rest)    // and back again
		x.then("second slow", 1)
		return map[string]func(*actor){
			"second slow": func(a *actor) { a.touch(1100) },
			"second":      func(a *actor) { a.touch(1200) },
			"third":       func(a *actor) { a.touch(1300) },
		}
	})
}

// A reader that has come to a copy does not take the record for ended because it
// is on its way back to where that copy was made.
func TestReaderMeetsARecordThatComesBack(t *testing.T) {
	cameBack(t, func(x *explorer) map[string]func(*actor) {
		x.then("second", 6) // two looks at both places, the copy, the stub
		x.then("first", 2)  // the stub, the copy
		x.then("second", rest)
		x.then("third", 6) // a look at the stub and what is behind it, one at both places, the copy, the stub
		x.then("first", rest)
		return map[string]func(*actor){
			"first":  func(a *actor) { a.load() },
			"second": func(a *actor) { a.touch(1100) },
			"third":  func(a *actor) { a.touch(1200) },
		}
	})
}

// A touch that meets the copy with which a record comes back touches the record.
func TestTouchMeetsARecordThatComesBack(t *testing.T) {
	cameBack(t, func(x *explorer) map[string]func(*actor) {
		x.then("second", 12)     // there
		x.then("second slow", 1) // it is there
		x.then("third", rest)    // and back again
		x.then("second", 6)      // and there again: as above, but not yet a record
		x.then("second slow", 1) // touches the copy
		x.then("second", rest)
		x.then("second slow", rest)
		return map[string]func(*actor){
			"second":      func(a *actor) { a.touch(1050); a.touch(1080) },
			"second slow": func(a *actor) { a.touch(1100) },
			"third":       func(a *actor) { a.touch(1060) },
		}
	})
}

// Stubs and a copy that point at each other in a circle have no record between
// them.
func TestCircleOfStubsAndACopyHasAnEnd(t *testing.T) {
	explore(t, 1, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aa", "abb", "abcc")
		first, second, third, slow := x.actor("first", "a"), x.actor("second", "a", "ab"), x.actor("third", "a", "ab", "abc"), x.actor("slow", "a", "ab", "abc")
		x.know(first, second, third, slow)
		x.lives(first)
		x.then("slow", 5)      // looks at three places, and at two again
		x.then("second", rest) // from a to b
		x.then("third", 100)   // from b to c, and deleted
		x.then("slow", rest)   // puts a copy of what is at a to c
		return map[*actor]func(*actor){
			slow:   func(a *actor) { a.touch(1300) },
			second: func(a *actor) { a.touch(1100) },
			third:  func(a *actor) { a.touch(1200); a.delete() },
		}, []*actor{x.actor("check third", "a", "ab", "abc"), x.actor("check second", "a", "ab"), x.actor("check first", "a")}
	})
}
