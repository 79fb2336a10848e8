package itest_test

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// A phase is where a coat is in its life.
type phase uint8

const (
	unborn phase = iota
	live
	limbo // a renewal put its stub in the old place, but nobody got the new token
	over
)

// A coatState is what is true of a coat.
type coatState struct {
	phase  phase
	token  int // the one that opens it; in limbo, the one that did
	holds  holding
	owned  bool
	stuck  int    // in limbo: the operation that put it there
	begun  uint64 // bits: calls of DestroyOwner that have begun
	doomed uint64 // bits: those of them that began after the last login
}

// maxErasers is how many calls of DestroyOwner a coat may suffer.
const maxErasers = 64

// opens reports whether a token opens the coat.
func (s coatState) opens(token int) bool { return s.phase == live && s.token == token }

// finish is the state after the coat's end.
func (s coatState) finish() coatState { return coatState{phase: over, begun: s.begun} }

// effect returns what the operation does when it succeeds.
func (s coatState) effect(o *coatOp) coatState {
	switch o.way {
	case wayMark:
		s.begun |= 1 << o.eraser
		if s.phase == live && s.owned {
			s.doomed |= 1 << o.eraser
		}
		return s
	case wayEraseOwner:
		if s.phase == live && s.doomed&(1<<o.eraser) != 0 {
			return s.finish()
		}
		return s
	}
	if !s.opens(o.token) {
		return s
	}
	s.holds = s.holds.apply(o.edit, o.key)
	switch {
	case o.way == wayDestroy || o.way == wayErase:
		return s.finish()
	case o.renews() && o.end == endOK:
		s.token = o.next
		if o.way == wayLogin {
			s.owned, s.doomed = true, 0
		}
	case o.renews():
		s.phase, s.stuck = limbo, o.id
	}
	return s
}

// allows reports whether the operation may end as it did in this state.
func (s coatState) allows(o *coatOp) bool {
	switch o.end {
	case endDead:
		return !s.opens(o.token)
	case endGone:
		return s.goneFor(o)
	case endOK:
	default:
		return true
	}
	switch o.way {
	case wayMark:
		return true
	case wayEraseOwner:
		return s.begun&(1<<o.eraser) != 0
	case wayDestroy, wayErase:
		// A session that somebody ended before counts as destroyed. One that
		// lives on under another token does not, as long as the stub is there,
		// which DestroyOwner may delete.
		return s.opens(o.token) || s.phase == over || s.phase == limbo && o.way == wayErase || o.aged || o.shadowed
	}
	return s.opens(o.token) &&
		s.holds.apply(o.edit, o.key) == o.view &&
		(o.edit != editPop || o.popped == s.holds.count)
}

// goneFor reports whether an operation may find that the session has ended.
func (s coatState) goneFor(o *coatOp) bool {
	if o.renews() && o.shadowed {
		return true // DestroyOwner came between
	}
	return !s.opens(o.token) && (s.phase != limbo || s.stuck != o.id)
}

// step returns the states in which an operation may leave a coat.
func (s coatState) step(o *coatOp) []any {
	if o.way == wayBirth {
		if s.phase != unborn {
			return nil
		}
		return []any{coatState{phase: live, token: o.next, holds: o.view, owned: o.owned}}
	}
	if s.phase == unborn || !s.allows(o) {
		return nil
	}
	next := []any{s.effect(o)}
	switch {
	case o.end == endDead || o.end == endGone:
		return []any{s}
	case o.end == endMaybe:
		next = append(next, s)
	case o.renews() && o.shadowed:
		// DestroyOwner may have met the new record before the old one was
		// replaced: both calls are right, and nobody is logged in.
		next = append(next, s.finish())
	}
	if o.way == wayEraseOwner && s.phase == live && s.owned {
		next = append(next, s.finish()) // it may end logins that came after its beginning
	}
	return next
}

func (s coatState) String() string {
	text := [...]string{"unborn", fmt.Sprintf("#%d %v", s.token, s.holds), fmt.Sprintf("limbo after #%d", s.token), "over"}[s.phase]
	if s.owned {
		text += " owned"
	}
	if s.doomed != 0 {
		text += " doomed"
	}
	return text
}

func (s coatState) hash() uint64 {
	return (uint64(s.phase)<<32 + uint64(s.token)<<16 + uint64(s.holds.count)<<8 + uint64(s.holds.keys)) * 0x9e3779b97f4a7c15
}

// coatModel is what is promised of a session, one coat at a time.
func coatModel() porcupine.Model {
	nondeterministic := porcupine.NondeterministicModel{
		Partition:         partitions(func(op any) int { return op.(*coatOp).coat }),
		Init:              func() []any { return []any{coatState{}} },
		Step:              func(state, in, _ any) []any { return state.(coatState).step(in.(*coatOp)) },
		Hash:              func(state any) uint64 { return state.(coatState).hash() },
		DescribeOperation: func(in, _ any) string { return in.(*coatOp).String() },
		DescribeState:     func(state any) string { return state.(coatState).String() },
	}
	return nondeterministic.ToModel()
}
