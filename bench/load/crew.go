package load

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Crew is the visitors of one server, each with a session of its own. It
// verifies every reply. It is used by one goroutine.
type Crew struct {
	// Behind measures what stands behind the server, such as its database.
	// Nil: nobody asks.
	Behind Meter

	sessions bool
	cpu      Meter
	hands    []*hand
}

// A Meter returns the processor time that somebody has used so far; zero where
// the system does not tell.
type Meter func() (time.Duration, error)

// A hand is one visitor and what it knows of its session.
type hand struct {
	*visitor
	name  string
	count int
	done  atomic.Int64 // verified replies
}

// A Figure is what a crew measured.
type Figure struct {
	PerSecond float64 // replies
	CPUMicros float64 // of the server, per reply; zero where the system does not tell
	Behind    float64 // the same of what stands behind it; zero if nobody asked
}

// NewCrew connects n visitors to addr and begins their sessions; cpu is the
// server's meter. A server without sessions replies the same to all, and counts
// them all in one number.
func NewCrew(addr string, n int, sessions bool, cpu Meter) (*Crew, error) {
	c := &Crew{sessions: sessions, cpu: cpu}
	for i := range n {
		v, err := newVisitor(addr)
		if err != nil {
			c.Close()
			return nil, err
		}
		h := &hand{visitor: v, name: "visitor-" + strconv.Itoa(i)}
		if !sessions {
			h.name = NoName
		}
		c.hands = append(c.hands, h)
		if err := h.begin(); err != nil {
			c.Close()
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return c, nil
}

// Close ends all connections.
func (c *Crew) Close() {
	for _, h := range c.hands {
		h.close()
	}
}

func (h *hand) begin() error {
	body, err := h.get(SeedPage + "?name=" + h.name)
	switch {
	case err != nil:
		return err
	case h.jar.Header() == "":
		return fmt.Errorf("%s sets no cookie", SeedPage)
	}
	return same(body, "ok")
}

// Run lets all visitors request the page, for warm and then for measured
// time. The first wrong reply ends it with an error: the figures are void.
func (c *Crew) Run(page string, warm, measured time.Duration) (Figure, error) {
	var stop atomic.Bool
	var all sync.WaitGroup
	wrong := make(chan error, len(c.hands))
	for _, h := range c.hands {
		all.Go(func() {
			for !stop.Load() {
				if err := h.visit(page, c.sessions); err != nil {
					wrong <- fmt.Errorf("%s: %s: %w", h.name, page, err)
					return
				}
				h.done.Add(1)
			}
		})
	}
	l, err := c.clock(warm, measured, wrong)
	stop.Store(true)
	all.Wait()
	if err == nil {
		select {
		case err = <-wrong:
		default:
		}
	}
	return l, err
}

// Visit lets the first visitor request the page some times, one after the other.
func (c *Crew) Visit(page string, times int) error {
	for range times {
		if err := c.hands[0].visit(page, c.sessions); err != nil {
			return fmt.Errorf("%s: %s: %w", c.hands[0].name, page, err)
		}
	}
	return nil
}

// maxWaits is how many times the measured time a server may take for its first
// reply.
const maxWaits = 25

// clock waits for the warm-up, then measures.
func (c *Crew) clock(warm, measured time.Duration, wrong <-chan error) (Figure, error) {
	if err := waitFor(warm, wrong); err != nil {
		return Figure{}, err
	}
	begin, served := time.Now(), c.served()
	used, usedBehind, err := c.used()
	if err != nil {
		return Figure{}, err
	}
	// A busy machine may stand still for longer than we measure.
	for try := 0; try == 0 || try < maxWaits && c.served() == served; try++ {
		if err := waitFor(measured, wrong); err != nil {
			return Figure{}, err
		}
	}
	after, afterBehind, err := c.used()
	if err != nil {
		return Figure{}, err
	}
	took, n := time.Since(begin), c.served()-served
	if n == 0 {
		return Figure{}, fmt.Errorf("no reply in %v", took)
	}
	return Figure{
		PerSecond: float64(n) / took.Seconds(),
		CPUMicros: micros(after-used, n),
		Behind:    micros(afterBehind-usedBehind, n),
	}, nil
}

// used reads the meters.
func (c *Crew) used() (server, behind time.Duration, err error) {
	if server, err = c.cpu(); err == nil && c.Behind != nil {
		behind, err = c.Behind()
	}
	return server, behind, err
}

// micros is each one's part of d in microseconds.
func micros(d time.Duration, n int64) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }

// waitFor waits for d, or for a wrong reply.
func waitFor(d time.Duration, wrong <-chan error) error {
	select {
	case <-time.After(d):
		return nil
	case err := <-wrong:
		return err
	}
}

func (c *Crew) served() (n int64) {
	for _, h := range c.hands {
		n += h.done.Load()
	}
	return n
}

// visit requests the page once and checks the reply.
func (h *hand) visit(page string, sessions bool) error {
	body, err := h.get(page)
	if err != nil {
		return err
	}
	switch page {
	case NopPage:
		return same(body, "ok")
	case ReadPage:
		return same(body, h.name)
	case CountPage:
		return h.checkCount(body, sessions)
	}
	return fmt.Errorf("nobody knows what it should reply")
}

// checkCount demands exactly the next number of this visitor's own session;
// of a server without sessions, which counts for everybody, a greater one.
func (h *hand) checkCount(body []byte, sessions bool) error {
	n, err := strconv.Atoi(string(bytes.TrimSpace(body)))
	if err != nil {
		return err
	}
	last := h.count
	h.count = n
	if sessions && n != last+1 || n <= last {
		return fmt.Errorf("counts %d after %d", n, last)
	}
	return nil
}

func same(body []byte, want string) error {
	if string(body) != want {
		return fmt.Errorf("replies %q, want %q", body, want)
	}
	return nil
}
