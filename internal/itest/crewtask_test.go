//go:build linux

package itest_test

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"

	"github.com/anishathalye/porcupine"
)

// do runs the clients of a task when all processes are ready, and returns what
// they saw.
func (k *task) do(b *bench, shared *watch) result {
	var r result
	var mu sync.Mutex
	h := newHistory(clientsOfHand)
	h.clock = &shared.clock
	for n, c := range h.clients {
		c.n = k.First + n
	}
	f := &faulty{inner: b.Store, odds: odds{k.Request, k.Answer, k.Late}, yield: yield}
	w := &storeWorld{store: f, name: k.Name, start: k.Start, size: k.Crowd, report: func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		r.Troubles = append(r.Troubles, fmt.Sprintf(format, args...))
	}}
	for shared.ready.Add(1); shared.ready.Load() < k.Ready; {
		runtime.Gosched()
	}
	together(h.clients, func(c *client) { newStoreClient(c, w).run(storeLength * k.Crowd / storeClients) })
	f.late.drain()
	for _, c := range h.clients {
		for _, op := range c.done {
			r.Ops = append(r.Ops, sent(op, false))
		}
		for _, op := range c.open {
			r.Ops = append(r.Ops, sent(op, true))
		}
	}
	return r
}

// yield lets the operating system run another process.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// A sentOp is an operation on its way to the parent.
type sentOp struct {
	Client         int
	Called, Ended  int64
	Open           bool
	Session        int
	Call           storeCall
	Version, Value uint64
	Expires        int8 // of the content
	Deadline       int8
	Old            uint64
	Touch          int8
	Answer         answer
}

func sent(op porcupine.Operation, open bool) sentOp {
	o := op.Input.(*storeOp)
	return sentOp{
		op.ClientId, op.Call, op.Return, open,
		o.session, o.call, o.content.version, o.content.value, o.content.expires, o.content.deadline, o.old, o.expires, o.answer,
	}
}

// note writes the operation into its client's line of a history.
func (s sentOp) note(h *history) {
	o := &storeOp{s.Session, s.Call, content{s.Version, s.Value, s.Expires, s.Deadline}, s.Old, s.Touch, s.Answer}
	if c := h.clients[s.Client]; s.Open {
		c.recordOpen(s.Called, o)
	} else {
		c.recordAt(s.Called, s.Ended, o)
	}
}
