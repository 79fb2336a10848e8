package itest_test

import (
	"errors"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// A storeCall is a method of a store.
type storeCall uint8

const (
	callLoad storeCall = iota
	callCreate
	callReplace
	callTouch
	callDelete
	storeCalls // one more than the last
)

var storeCallNames = [storeCalls]string{"Load", "Create", "Replace", "Touch", "Delete"}

// An answer is how a call to a store ended.
type answer uint8

const (
	answerOK answer = iota
	answerNotFound
	answerExists
	answerConflict
	answerUnknown // it may have taken effect, or will, or not
)

var answerNames = [...]string{"ok", "not found", "exists", "conflict", "?"}

// answerOf sorts the error of a call. ok is false for one that the store had no
// reason to give.
func answerOf(err error) (a answer, ok bool) {
	switch {
	case err == nil:
		return answerOK, true
	case errors.Is(err, coatcheck.ErrNotFound):
		return answerNotFound, true
	case errors.Is(err, coatcheck.ErrExists):
		return answerExists, true
	case errors.Is(err, coatcheck.ErrConflict):
		return answerConflict, true
	case errors.Is(err, errLost):
		return answerUnknown, true
	}
	return answerUnknown, false
}

// A content is what the model knows of a record's fields. Deadlines are
// classes: hours from the beginning of the history, and ended for the past.
type content struct {
	version  uint64
	value    uint64
	expires  int8
	deadline int8
}

// ended is the class of a deadline that has passed.
const ended = 0

// touched is what a later deadline makes of the content.
func (c content) touched(expires int8) content {
	c.expires = min(max(c.expires, expires), c.deadline)
	return c
}

// A storeOp is one call and its answer.
type storeOp struct {
	session int
	call    storeCall
	content content // Create's and Replace's argument, Load's result
	old     uint64  // Replace's
	expires int8    // Touch's
	answer  answer
}

func (o *storeOp) String() string {
	var args string
	switch o.call {
	case callLoad:
		if o.answer == answerOK {
			return fmt.Sprintf("Load() = %v", o.content)
		}
	case callCreate:
		args = o.content.String()
	case callReplace:
		args = fmt.Sprintf("%v over %x", o.content, o.old)
	case callTouch:
		args = fmt.Sprintf("%dh", o.expires)
	}
	return fmt.Sprintf("%s(%s) = %s", storeCallNames[o.call], args, answerNames[o.answer])
}

func (c content) String() string {
	return fmt.Sprintf("v%x=%d until %dh/%dh", c.version, c.value, c.expires, c.deadline)
}
