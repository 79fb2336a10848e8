package redisstore

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A catalogue is the IDs of all records, in their order. Servers give them in
// no order that lasts, some twice, so List reads them all before the first
// page, in steps that keep each call short.
type catalogue struct {
	name string
	busy chan struct{} // holds something while a call works on it

	ids   []coatcheck.ID
	ready bool

	// While it is being made: which processes the servers were, what slots
	// they had, and whether that changed in this round; which of them is read,
	// and from where.
	processes, parts string
	unrest           bool
	at               int
	from             uint64
	rounds           int
}

// maxRounds is how often the servers are read anew because they changed their
// ways meanwhile.
const maxRounds = 3

// stepKeys is how many keys one call may read the names of.
const stepKeys = 200_000

// advance makes the catalogue, or a part of it: what a call that fails has read
// is of no use to one that begins anew, so each ends well before its time is up.
func (c *catalogue) advance(ctx context.Context, s *Store) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	end, _ := ctx.Deadline()
	late := end.Add(-time.Until(end) / 2)
	for read := 0; !c.ready && read < stepKeys && (read == 0 || time.Now().Before(late)); {
		nodes, err := s.primaries(ctx)
		if err != nil {
			return err
		}
		if c.meet(nodes) {
			c.at, c.from = 0, 0 // a position of one process means nothing to another
		}
		n, err := c.step(ctx, s, nodes, stepKeys-read, late)
		if err != nil {
			return err
		}
		read += n
	}
	return nil
}

// step reads names of keys until the end of the round, or so many are read, or it
// is so late.
func (c *catalogue) step(ctx context.Context, s *Store, nodes []node, most int, late time.Time) (read int, err error) {
	for read < most && (read == 0 || time.Now().Before(late)) {
		if c.at == len(nodes) {
			return read, c.endRound(ctx, s)
		}
		var names []string
		var next uint64
		err := s.persist(ctx, "list", func(ctx context.Context) (err error) {
			names, next, err = nodes[c.at].scan(ctx, s.keys.records, c.from, scanKeys)
			return err
		})
		if err != nil {
			return read, err
		}
		c.ids = append(c.ids, s.keys.ids(names)...)
		read += len(names) + 1
		if c.from = next; next == 0 {
			c.at++
		}
	}
	return read, nil
}

// endRound looks whether the servers are the same as before the round, and at
// rest. If not, a record may have moved from one that was still to be read to
// one that had been read already, so another round adds to this one.
func (c *catalogue) endRound(ctx context.Context, s *Store) error {
	nodes, err := s.primaries(ctx)
	if err != nil {
		return err
	}
	fresh := c.meet(nodes)
	c.rounds++
	if c.at, c.from = 0, 0; fresh {
		return nil
	}
	if c.unrest && c.rounds < maxRounds {
		c.unrest = false
		return nil
	}
	slices.SortFunc(c.ids, func(a, b coatcheck.ID) int { return bytes.Compare(a[:], b[:]) })
	c.ids = slices.Compact(c.ids)
	c.ready = true
	return nil
}

// meet compares the servers to what they were when they were last seen. It
// reports whether some are other processes.
func (c *catalogue) meet(nodes []node) (fresh bool) {
	var processes, parts strings.Builder
	for _, n := range nodes {
		processes.WriteString(n.addr + " " + n.process + "\n")
		parts.WriteString(n.part + "\n")
		c.unrest = c.unrest || n.moving
	}
	fresh = c.processes != processes.String()
	c.unrest = c.unrest || c.parts != "" && c.parts != parts.String()
	c.processes, c.parts = processes.String(), parts.String()
	return fresh
}

// behind returns the IDs that follow one.
func (c *catalogue) behind(last *coatcheck.ID) []coatcheck.ID {
	if last == nil {
		return c.ids
	}
	i, found := slices.BinarySearchFunc(c.ids, *last, func(a, b coatcheck.ID) int { return bytes.Compare(a[:], b[:]) })
	if found {
		i++
	}
	return c.ids[i:]
}

// listing keeps the catalogues of listings under way, for a minute after their
// last use.
type listing struct {
	mu         sync.Mutex
	catalogues []*catalogue // the last used is the last
	timer      *time.Timer
}

const (
	maxCatalogues = 4
	catalogueRest = time.Minute
)

// find returns the catalogue of a name, a new one if there is none.
func (l *listing) find(name string) *catalogue {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.catalogues, func(c *catalogue) bool { return c.name == name })
	var c *catalogue
	if i >= 0 {
		c = l.catalogues[i]
		l.catalogues = slices.Delete(l.catalogues, i, i+1)
	} else {
		c = &catalogue{name: newName(), busy: make(chan struct{}, 1)}
	}
	if len(l.catalogues) >= maxCatalogues {
		l.catalogues = slices.Delete(l.catalogues, 0, 1)
	}
	l.catalogues = append(l.catalogues, c)
	if l.timer == nil {
		l.timer = time.AfterFunc(catalogueRest, l.clear)
	}
	l.timer.Reset(catalogueRest)
	return c
}

// end forgets a catalogue.
func (l *listing) end(c *catalogue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catalogues = slices.DeleteFunc(l.catalogues, func(other *catalogue) bool { return other == c })
}

// clear forgets all catalogues.
func (l *listing) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catalogues = nil
	if l.timer != nil {
		l.timer.Stop()
	}
}

// nameLength is the length of a catalogue's name.
const nameLength = 16

func newName() string {
	b := make([]byte, nameLength/2)
	crand.Read(b)
	return hex.EncodeToString(b)
}
