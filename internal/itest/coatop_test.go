package itest_test

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// An edit is a change of what a coat holds: a counter, and keys that are there
// or not.
type edit uint8

const (
	editNone  edit = iota
	editAdd        // Update: the counter grows by one
	editSet        // a key is there
	editDrop       // a key is not there
	editClear      // all of it is gone
	editPop        // the counter is taken out; only in a transaction
	edits          // one more than the last
)

var editNames = [edits]string{"", "add", "set", "drop", "clear", "pop"}

// A way is how a client meets a session.
type way uint8

const (
	wayRead       way = iota // Manager.Open
	waySave                  // then Session.Save
	wayTransact              // or Session.Transact
	wayUpdate                // Manager.Update, without Open
	wayRenew                 // Open and Session.Renew
	wayLogin                 // Open and Session.Login
	wayDestroy               // Open and Session.Destroy
	wayErase                 // Manager.Destroy
	wayEraseOwner            // Manager.DestroyOwner
	wayMark                  // what DestroyOwner does first
	wayBirth                 // a new session, by Save or by Login
	ways                     // one more than the last
)

var wayNames = [ways]string{"read", "save", "transact", "update", "renew", "login", "destroy", "erase", "erase owner", "mark", "birth"}

// An end is how an operation on a coat ended.
type end uint8

const (
	endOK     end = iota
	endDead       // the token opened nothing
	endGone       // the session ended while it was in use
	endMaybe      // it may have taken effect
	endFailed     // it has not
)

var endNames = [...]string{"ok", "dead", "gone", "?", "failed"}

// endOf sorts the error of an operation. ok is false for one that there was no
// reason to give.
func endOf(err error) (e end, ok bool) {
	switch {
	case err == nil:
		return endOK, true
	case errors.Is(err, coatcheck.ErrUncertain):
		return endMaybe, true
	case errors.Is(err, coatcheck.ErrGone):
		return endGone, true
	case errors.Is(err, coatcheck.ErrNotFound):
		return endDead, true
	case errors.Is(err, errLost), errors.Is(err, coatcheck.ErrConflict):
		return endFailed, true
	}
	return endMaybe, false
}

// A holding is what a coat holds.
type holding struct {
	count int
	keys  uint8 // a bit for each key
}

// apply returns what the edit makes of it.
func (v holding) apply(e edit, key uint8) holding {
	switch e {
	case editAdd:
		v.count++
	case editSet:
		v.keys |= 1 << key
	case editDrop:
		v.keys &^= 1 << key
	case editClear:
		v = holding{}
	case editPop:
		v.count = 0
	}
	return v
}

// A coatOp is one operation on a coat and its end.
type coatOp struct {
	id     int // of the operation
	coat   int
	way    way
	edit   edit
	key    uint8
	token  int     // that it was given
	next   int     // that it returned
	popped int     // by editPop
	view   holding // what the session showed afterwards
	owned  bool    // the birth was a login
	end    end

	eraser   uint // number of a DestroyOwner
	shadowed bool // a DestroyOwner was under way at the same time, or may have deleted the stub that it looked for
	aged     bool // the token was replaced so long ago that its stub has expired
}

// renews reports whether it is to give the coat a new token.
func (o *coatOp) renews() bool { return o.way == wayRenew || o.way == wayLogin }

func (o *coatOp) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s #%d", wayNames[o.way], o.token)
	switch o.edit {
	case editNone:
	case editSet, editDrop:
		fmt.Fprintf(&b, " %s k%d", editNames[o.edit], o.key)
	default:
		fmt.Fprintf(&b, " %s", editNames[o.edit])
	}
	fmt.Fprintf(&b, " = %s", endNames[o.end])
	if o.end != endOK {
		return b.String()
	}
	if o.edit == editPop {
		fmt.Fprintf(&b, " %d", o.popped)
	}
	if o.renews() || o.way == wayBirth {
		fmt.Fprintf(&b, " #%d", o.next)
	}
	if o.way < wayDestroy || o.way == wayBirth {
		fmt.Fprintf(&b, " %v", o.view)
	}
	return b.String()
}

func (v holding) String() string {
	var names []string
	for k := range bits.Len8(v.keys) {
		if v.keys&(1<<k) != 0 {
			names = append(names, fmt.Sprint("k", k))
		}
	}
	return fmt.Sprintf("{%d %s}", v.count, strings.Join(names, " "))
}
