package redisstore

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/valkey-io/valkey-go"
)

// A pipeline sends the commands of calls that are made at once together, and
// so shares among them what costs most: system calls, and waking those who wait.
// A group waits for no time to pass: it leaves as soon as whoever was ready to
// run at that moment has had their turn. The zero value is ready for use.
type pipeline struct {
	calls atomic.Int32 // that have no answer yet

	mu   sync.Mutex
	open *group // whom the next call joins, nil if there is none
}

// A group is what leaves together. It is used once: a client whose connection
// breaks returns while its writer may still look at the commands.
type group struct {
	client valkey.Client
	cmds   []valkey.Completed
	seats  []*seat
}

// A seat is where one call waits for its answer.
type seat struct{ answer chan valkey.ValkeyResult }

// maxGroup is the most commands of a group: none has its answer before all have.
const maxGroup = 64

var seats = sync.Pool{New: func() any { return &seat{make(chan valkey.ValkeyResult, 1)} }}

// do sends one command and waits for its answer, within the context.
func (p *pipeline) do(ctx context.Context, client valkey.Client, cmd valkey.Completed) valkey.ValkeyResult {
	defer p.calls.Add(-1)
	if p.calls.Add(1) == 1 {
		return client.Do(ctx, cmd) // alone: nobody to share with
	}
	s := seats.Get().(*seat)
	p.join(client, cmd, s)
	select {
	case r := <-s.answer:
		seats.Put(s)
		return r
	case <-ctx.Done(): // the answer may still come, so nobody else gets the seat
		return valkey.NewErrorResult(ctx.Err())
	}
}

// join adds a command to the open group, or to a new one.
func (p *pipeline) join(client valkey.Client, cmd valkey.Completed, s *seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.open
	if g == nil || g.client != client || len(g.cmds) == maxGroup {
		g = &group{client: client}
		p.open = g
		go p.leave(g)
	}
	g.cmds, g.seats = append(g.cmds, cmd), append(g.seats, s)
}

// leave sends a group and hands out the answers. The context is nobody's: each
// waits within its own.
func (p *pipeline) leave(g *group) {
	runtime.Gosched() // who is ready to run comes along
	p.mu.Lock()
	if p.open == g {
		p.open = nil
	}
	p.mu.Unlock()
	for i, r := range g.client.DoMulti(context.Background(), g.cmds...) {
		g.seats[i].answer <- r
	}
}
