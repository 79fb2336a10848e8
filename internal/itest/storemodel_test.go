package itest_test

import (
	"github.com/anishathalye/porcupine"
)

// A storeState is what a store holds under one ID.
type storeState struct {
	live    bool
	content content // zero unless live
}

// next returns the state after an operation, and the answer that the contract
// of coatcheck.Store demands of it.
func (s storeState) next(o *storeOp) (storeState, answer) {
	switch o.call {
	case callLoad:
		if !s.live {
			return s, answerNotFound
		}
	case callCreate:
		if s.live {
			return s, answerExists
		}
		return storing(o.content), answerOK
	case callReplace:
		if !s.live {
			return s, answerNotFound
		}
		if s.content.version != o.old {
			return s, answerConflict
		}
		return storing(o.content.touched(s.content.expires)), answerOK
	case callTouch:
		if !s.live {
			return s, answerNotFound
		}
		return storing(s.content.touched(o.expires)), answerOK
	case callDelete:
		return storeState{}, answerOK
	}
	return s, answerOK
}

// storing is the state of an ID whose record has this content: none, if that
// has expired.
func storing(c content) storeState {
	if c.expires <= ended {
		return storeState{}
	}
	return storeState{true, c}
}

// step returns the states in which an operation with its answer may leave a
// store, none if it cannot have been in state s.
func (s storeState) step(o *storeOp) []any {
	next, must := s.next(o)
	if o.answer == answerUnknown {
		if next == s {
			return []any{s}
		}
		return []any{s, next}
	}
	if o.answer != must || o.call == callLoad && o.answer == answerOK && o.content != s.content {
		return nil
	}
	return []any{next}
}

func (s storeState) String() string {
	if !s.live {
		return "none"
	}
	return s.content.String()
}

// hash mixes what differs most.
func (s storeState) hash() uint64 {
	return (s.content.value*31 + uint64(s.content.expires)) * 0x9e3779b97f4a7c15
}

// storeModel is the sequential store, one ID at a time.
func storeModel() porcupine.Model {
	nondeterministic := porcupine.NondeterministicModel{
		Partition:         partitions(func(op any) int { return op.(*storeOp).session }),
		Init:              func() []any { return []any{storeState{}} },
		Step:              func(state, in, _ any) []any { return state.(storeState).step(in.(*storeOp)) },
		Hash:              func(state any) uint64 { return state.(storeState).hash() },
		DescribeOperation: func(in, _ any) string { return in.(*storeOp).String() },
		DescribeState:     func(state any) string { return state.(storeState).String() },
	}
	return nondeterministic.ToModel()
}
