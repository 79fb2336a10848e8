package main

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A crew is the visitors of one server, each with a session of its own that
// begins with ten keys. It verifies every reply.
type crew struct {
	lib   library
	cpu   func() (time.Duration, error) // processor time of the server
	hands []*hand
}

// A hand is one visitor and what it knows of its session.
type hand struct {
	*visitor
	name  string
	count int
	done  atomic.Int64 // verified replies
}

// A load is what a crew measured.
type load struct {
	perSecond float64
	cpuMicros float64 // of the server, per request
}

// newCrew connects n visitors to addr and begins their sessions.
func newCrew(lib library, addr string, n int, cpu func() (time.Duration, error)) (*crew, error) {
	c := &crew{lib: lib, cpu: cpu}
	for i := range n {
		v, err := newVisitor(addr)
		if err != nil {
			c.close()
			return nil, err
		}
		h := &hand{visitor: v, name: "visitor-" + strconv.Itoa(i)}
		if !lib.sessions {
			h.name = bareText
		}
		c.hands = append(c.hands, h)
		if err := h.begin(); err != nil {
			c.close()
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return c, nil
}

func (c *crew) close() {
	for _, h := range c.hands {
		h.close()
	}
}

func (h *hand) begin() error {
	body, err := h.get(seedPage + "?name=" + h.name)
	switch {
	case err != nil:
		return err
	case h.jar.header == "":
		return fmt.Errorf("%s sets no cookie", seedPage)
	}
	return same(body, "ok")
}

// run lets all visitors request the page, for warm and then for measured
// time. The first wrong reply ends it with an error: the figures are void.
func (c *crew) run(page string, warm, measured time.Duration) (load, error) {
	var stop atomic.Bool
	var all sync.WaitGroup
	wrong := make(chan error, len(c.hands))
	for _, h := range c.hands {
		all.Go(func() {
			for !stop.Load() {
				if err := h.visit(page, c.lib); err != nil {
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

// clock waits for the warm-up, then measures.
func (c *crew) clock(warm, measured time.Duration, wrong <-chan error) (load, error) {
	if err := waitFor(warm, wrong); err != nil {
		return load{}, err
	}
	begin, served := time.Now(), c.served()
	used, err := c.cpu()
	if err != nil {
		return load{}, err
	}
	if err := waitFor(measured, wrong); err != nil {
		return load{}, err
	}
	usedAfter, err := c.cpu()
	if err != nil {
		return load{}, err
	}
	took, n := time.Since(begin), c.served()-served
	if n == 0 {
		return load{}, fmt.Errorf("no reply in %v", took)
	}
	return load{
		perSecond: float64(n) / took.Seconds(),
		cpuMicros: float64((usedAfter - used).Nanoseconds()) / 1000 / float64(n),
	}, nil
}

// waitFor waits for d, or for a wrong reply.
func waitFor(d time.Duration, wrong <-chan error) error {
	select {
	case <-time.After(d):
		return nil
	case err := <-wrong:
		return err
	}
}

func (c *crew) served() (n int64) {
	for _, h := range c.hands {
		n += h.done.Load()
	}
	return n
}

// visit requests the page once and checks the reply.
func (h *hand) visit(page string, lib library) error {
	body, err := h.get(page)
	if err != nil {
		return err
	}
	switch page {
	case nopPage:
		return same(body, "ok")
	case readPage:
		return same(body, h.name)
	case countPage:
		return h.checkCount(body, lib)
	}
	return fmt.Errorf("nobody knows what it should reply")
}

// checkCount demands exactly the next number of this visitor's own session;
// of a server without sessions, which counts for everybody, a greater one.
func (h *hand) checkCount(body []byte, lib library) error {
	n, err := strconv.Atoi(string(bytes.TrimSpace(body)))
	if err != nil {
		return err
	}
	last := h.count
	h.count = n
	if lib.sessions && n != last+1 || n <= last {
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
