package ring_test

import (
	"context"
	"testing"
)

// know lets actors read the notes about the members, so that this does not come
// between their calls.
func (x *explorer) know(actors ...*actor) {
	for _, a := range actors {
		x.run(map[*actor]func(*actor){a: func(a *actor) { _, _ = a.ring.Load(context.Background(), x.id) }})
	}
}

// rest is more calls than any deed takes.
const rest = 30

// A cast are the actors of a scene in which a record is at a, its old place. Of
// the change only those know that have it in their names.
type cast struct {
	*explorer
	old, oldSlow, new, newSlow, mover *actor
}

// inOrder tries one order of calls, which chance meets too seldom. The scene says
// who makes how many calls before the next one's turn.
func inOrder(t *testing.T, scene func(x cast) map[*actor]func(*actor)) {
	t.Helper()
	explore(t, 1, func(x *explorer) (map[*actor]func(*actor), []*actor) {
		x.idBetween("aba", "abcc")
		c := cast{x, x.actor("old", "ab"), x.actor("old slow", "ab"), x.actor("new", "ab", "abc"), x.actor("new slow", "ab", "abc"), x.actor("mover", "ab", "abc")}
		x.know(c.old, c.oldSlow, c.new, c.newSlow, c.mover)
		x.lives(c.old)
		return scene(c), []*actor{x.actor("check new", "ab", "abc"), x.actor("check old", "ab")}
	})
}

// A creator that does not know of the change meets a stub whose move has been
// committed, but not completed: there is a record, in the copy.
func TestCreateMeetsACommittedMove(t *testing.T) {
	inOrder(t, func(x cast) map[*actor]func(*actor) {
		x.then("old slow", 1) // there is a record
		x.then("old", 3)      // which is deleted
		x.then("old slow", 1) // now there is none
		x.then("old", 1)      // and now there is
		x.then("mover", 6)    // two looks at both places, the copy, the stub
		x.then("old slow", rest)
		return map[*actor]func(*actor){
			x.oldSlow: func(a *actor) { a.create(0x11) },
			x.old:     func(a *actor) { a.delete(); a.create(0x21) },
			x.mover:   func(a *actor) { a.touch(1100) },
		}
	})
}

// A copy that comes late, when the record has come and gone at its new place,
// counts for nothing, even if the stub was never made a plain one.
func TestLateCopyOfWhatHasEnded(t *testing.T) {
	inOrder(t, func(x cast) map[*actor]func(*actor) {
		x.mover.calls = 9     // all but making the stub a plain one
		x.then("new slow", 4) // two looks at both places
		x.then("mover", 9)
		x.then("new", 1)
		x.then("new slow", rest)
		return map[*actor]func(*actor){
			x.newSlow: func(a *actor) { a.touch(1200) },
			x.mover:   func(a *actor) { a.touch(1100) },
			x.new:     func(a *actor) { a.end(1, 2); a.load() },
		}
	})
}

// The same, where the record was not there yet when the deleter looked at its old
// place.
func TestLateCopyOfWhatWasDeleted(t *testing.T) {
	inOrder(t, func(x cast) map[*actor]func(*actor) {
		x.then("old", 3)      // deleted
		x.then("new", 1)      // nothing there
		x.then("old", 1)      // created
		x.then("new slow", 4) // two looks at both places
		x.mover.calls = 9     // all but making the stub a plain one
		x.then("mover", 9)
		x.then("new", rest)
		x.then("new slow", rest)
		return map[*actor]func(*actor){
			x.old:     func(a *actor) { a.delete(); a.create(0x11) },
			x.new:     func(a *actor) { a.delete(); a.load() },
			x.newSlow: func(a *actor) { a.touch(1200) },
			x.mover:   func(a *actor) { a.touch(1100) },
		}
	})
}

// A touch has met a record that has ended since. Another one that has the ID by
// now is none of its business.
func TestTouchTouchesOneRecord(t *testing.T) {
	inOrder(t, func(x cast) map[*actor]func(*actor) {
		x.then("old slow", 2) // touched
		x.then("old", 4)      // seen, and deleted
		x.then("old slow", 1) // it is gone
		x.then("old", rest)   // there is another one
		x.then("old slow", rest)
		return map[*actor]func(*actor){
			x.oldSlow: func(a *actor) { a.touch(1100) },
			x.old:     func(a *actor) { a.load(); a.delete(); a.create(0x11) },
		}
	})
}

// The same with a move between: the touch meets a stub of one record that points
// to another.
func TestTouchTouchesOneRecordThatMoves(t *testing.T) {
	inOrder(t, func(x cast) map[*actor]func(*actor) {
		x.then("old slow", 2) // touched
		x.then("new", 100)    // moved, seen, deleted, and there is another one
		x.then("old slow", rest)
		return map[*actor]func(*actor){
			x.oldSlow: func(a *actor) { a.touch(1100) },
			x.new:     func(a *actor) { a.touch(1050); a.load(); a.delete(); a.create(0x11) },
		}
	})
}
