package itest_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A history is what concurrent clients saw, in the order in which they saw it:
// each operation has the moments of its call and of its return, by a clock that
// only counts.
type history struct {
	clock   *atomic.Int64
	clients []*client
}

// A client is one line of a history. Only its own goroutine uses it.
type client struct {
	h    *history
	n    int
	done []porcupine.Operation
	open []porcupine.Operation // operations that may still take effect
}

func newHistory(clients int) *history {
	h := &history{clock: new(atomic.Int64)}
	for n := range clients {
		h.clients = append(h.clients, &client{h: h, n: n})
	}
	return h
}

// together runs work for all clients at once and waits for them.
func together(clients []*client, work func(*client)) {
	var ready, done sync.WaitGroup
	ready.Add(len(clients))
	for _, c := range clients {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			work(c)
		})
	}
	done.Wait()
}

// now is the next moment.
func (h *history) now() int64 { return h.clock.Add(1) }

// record notes an operation that was called at call and has returned now.
func (c *client) record(call int64, op any) {
	c.recordAt(call, c.h.now(), op)
}

// recordAt is record for an operation that returned at some other moment.
func (c *client) recordAt(call, ret int64, op any) {
	c.done = append(c.done, porcupine.Operation{ClientId: c.n, Input: op, Call: call, Return: ret})
}

// recordOpen notes an operation that has not been answered, so that it may take
// effect at any time until settle.
func (c *client) recordOpen(call int64, op any) {
	c.open = append(c.open, porcupine.Operation{ClientId: c.n, Input: op, Call: call})
}

// settle ends the open operations. It is called when nothing of them can be on
// its way any more and no client is running.
func (h *history) settle() {
	end := h.now()
	// An operation that stays open would hide all later ones of its client in
	// the picture, so each gets a line of its own there.
	line := len(h.clients)
	for _, c := range h.clients {
		for _, op := range c.open {
			op.Return, op.ClientId = end, line
			c.done = append(c.done, op)
			line++
		}
		c.open = nil
	}
}

// operations returns all that was recorded.
func (h *history) operations() []porcupine.Operation {
	var all []porcupine.Operation
	for _, c := range h.clients {
		all = append(all, c.done...)
	}
	return all
}

// size returns the number of operations recorded.
func (h *history) size() int {
	n := 0
	for _, c := range h.clients {
		n += len(c.done) + len(c.open)
	}
	return n
}

// partitions splits operations by key, each in its own history: sessions do not
// touch each other.
func partitions(key func(op any) int) func([]porcupine.Operation) [][]porcupine.Operation {
	return func(all []porcupine.Operation) [][]porcupine.Operation {
		index := map[int]int{}
		var parts [][]porcupine.Operation
		for _, op := range all {
			k := key(op.Input)
			i, ok := index[k]
			if !ok {
				i = len(parts)
				index[k] = i
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], op)
		}
		return parts
	}
}

// patience bounds the check of one history. They take milliseconds; one that
// would not end is a fault of the test, and an error.
const patience = time.Minute

// linear reports whether the model explains the history.
func linear(model porcupine.Model, h *history) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model, h.operations(), patience)
}

// requireLinear fails the test unless the model explains the history. Then it
// leaves a picture of what was seen.
func requireLinear(t *testing.T, model porcupine.Model, h *history) {
	t.Helper()
	switch linear(model, h) {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Errorf("the check of a history of %d operations took more than %v, because of this part:\n%s",
			h.size(), patience, listing(model, unexplained(model, h)))
	case porcupine.Illegal:
		parts := unexplained(model, h)
		t.Errorf("a history of %d operations fits no order of them; see %s\nthe shortest part of it:\n%s",
			h.size(), picture(t, model, parts), listing(model, parts))
	}
	if t.Failed() {
		t.FailNow()
	}
}

// unexplained returns the parts of a history that the model cannot explain.
func unexplained(model porcupine.Model, h *history) [][]porcupine.Operation {
	return slices.DeleteFunc(model.Partition(h.operations()), func(part []porcupine.Operation) bool {
		return porcupine.CheckOperationsTimeout(model, part, patience) == porcupine.Ok
	})
}

// picture writes parts of a history as an HTML page, outlasting the test, and
// returns its path. COATCHECK_ARTIFACTS names the directory to use.
func picture(t *testing.T, model porcupine.Model, parts [][]porcupine.Operation) string {
	_, info := porcupine.CheckOperationsVerbose(model, slices.Concat(parts...), patience)
	dir, err := os.MkdirTemp(os.Getenv("COATCHECK_ARTIFACTS"), "coatcheck-history-")
	if err != nil {
		return fmt.Sprintf("(no picture: %v)", err)
	}
	path := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".html")
	if err := porcupine.VisualizePath(model, info, path); err != nil {
		return fmt.Sprintf("(no picture: %v)", err)
	}
	return path
}

// listing is the shortest of some parts as text: one operation a line, by its
// call.
func listing(model porcupine.Model, parts [][]porcupine.Operation) string {
	if len(parts) == 0 {
		return ""
	}
	part := slices.MinFunc(parts, func(a, b []porcupine.Operation) int { return cmp.Compare(len(a), len(b)) })
	slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, op := range part {
		fmt.Fprintf(&b, "%6d..%-6d client %-2d %s\n", op.Call, op.Return, op.ClientId, model.DescribeOperation(op.Input, op.Output))
	}
	return b.String()
}
