package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A probe is what one check works with: the test, the store, and the short
// words for what a check keeps saying. The methods that end the check when the
// store disappoints them are for the goroutine of the check; concurrent
// workers call the store themselves and report with Errorf.
type probe struct {
	*testing.T
	suite Suite
	store coatcheck.Store
	peer  coatcheck.Store // another handle on the same data, or store
	clock *clock          // nil: the store goes by the time of day
	ctx   context.Context // ends calls that hang

	mu       sync.Mutex
	ids      []coatcheck.ID
	exhibits []exhibit
}

// An exhibit is a record that passed between the store and the check, and what
// it was then.
type exhibit struct {
	from      string
	rec, then *coatcheck.Record
}

// patience is how long a check waits for what must come, and for a call that
// does not return. It is long, since a failing test only is slowed down.
const patience = 30 * time.Second

func newProbe(t *testing.T, s Suite, store, peer coatcheck.Store, c *clock) *probe {
	if c != nil {
		c.reset()
	}
	// The test's own context is done when cleaning up begins.
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	p := &probe{T: t, suite: s, store: store, peer: peer, clock: c, ctx: ctx}
	t.Cleanup(p.cleanUp)
	t.Cleanup(p.examine)
	return p
}

// handle is the store for worker i: its own handle or the peer's by turns.
func (p *probe) handle(i int) coatcheck.Store {
	if i%2 == 1 {
		return p.peer
	}
	return p.store
}

// now is the store's time, as a record keeps it.
func (p *probe) now() time.Time {
	if p.clock != nil {
		return millis(p.clock.now())
	}
	return millis(time.Now())
}

// in is the store's time after d.
func (p *probe) in(d time.Duration) time.Time { return millis(p.now().Add(d)) }

// id returns a new ID whose record goes when the check is over.
func (p *probe) id() coatcheck.ID { return p.own(randomID()) }

// own takes id down for cleaning up.
func (p *probe) own(id coatcheck.ID) coatcheck.ID {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, id)
	return id
}

// fresh returns a record with an owner that is not in the store yet.
func (p *probe) fresh() *coatcheck.Record { return newRecord(p.id(), randomOwner(), p.now()) }

// anonymous returns a record without an owner that is not in the store yet.
func (p *probe) anonymous() *coatcheck.Record { return newRecord(p.id(), "", p.now()) }

// expired returns a record that ended an hour ago, though its Deadline is yet
// to come, and is not in the store yet.
func (p *probe) expired() *coatcheck.Record {
	r := p.fresh()
	r.Created, r.AuthTime = p.in(-3*time.Hour), p.in(-2*time.Hour)
	r.Expires = p.in(-time.Hour)
	return r
}

// stored creates rec and returns it.
func (p *probe) stored(rec *coatcheck.Record) *coatcheck.Record {
	p.Helper()
	p.exhibit("given to Create", rec)
	err := p.store.Create(p.ctx, rec)
	if errors.Is(err, coatcheck.ErrTooLarge) {
		p.Fatalf("Create with %d bytes of data: %v; storetest: Suite.MaxData is %d, set it to what the store promises to take",
			len(rec.Data), err, p.suite.MaxData)
	}
	if err != nil {
		p.Fatalf("Create: %v", err)
	}
	return rec
}

// loadFrom is Load of a store that may be wrong about what it returns, and that
// may be a handle of a worker.
func (p *probe) loadFrom(store coatcheck.Store, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := store.Load(p.ctx, id)
	switch {
	case err != nil && rec != nil:
		return nil, fmt.Errorf("a record was returned along with an error: %v", err)
	case err != nil:
		return nil, err
	case rec == nil:
		return nil, errors.New("neither a record nor an error was returned")
	}
	p.exhibit("returned by Load", rec)
	return rec, nil
}

// load returns the record of id, which must be there.
func (p *probe) load(id coatcheck.ID) *coatcheck.Record {
	p.Helper()
	rec, err := p.loadFrom(p.store, id)
	if err != nil {
		p.Fatalf("Load: %v", err)
	}
	return rec
}

func (p *probe) replace(rec *coatcheck.Record, old uint64) {
	p.Helper()
	p.exhibit("given to Replace", rec)
	if err := p.store.Replace(p.ctx, rec, old); err != nil {
		p.Fatalf("Replace: %v", err)
	}
}

func (p *probe) touch(id coatcheck.ID, expires time.Time) {
	p.Helper()
	if err := p.store.Touch(p.ctx, id, expires); err != nil {
		p.Fatalf("Touch: %v", err)
	}
}

func (p *probe) delete(id coatcheck.ID) {
	p.Helper()
	if err := p.store.Delete(p.ctx, id); err != nil {
		p.Fatalf("Delete: %v", err)
	}
}

// holds checks that the store has exactly this record.
func (p *probe) holds(want *coatcheck.Record) {
	p.Helper()
	if d := difference(p.load(want.ID), want); d != "" {
		p.Fatalf("Load: %s", d)
	}
}

// absent checks that the store has no live record of id.
func (p *probe) absent(id coatcheck.ID) {
	p.Helper()
	_, err := p.loadFrom(p.store, id)
	p.wants("Load", err, coatcheck.ErrNotFound)
}

// wants checks that a call ended with the given error, wrapped or bare.
func (p *probe) wants(call string, err, want error) {
	p.Helper()
	if !errors.Is(err, want) {
		p.Fatalf("%s: error is %v, want %v", call, err, want)
	}
}

// exhibit remembers what rec is now.
func (p *probe) exhibit(from string, rec *coatcheck.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exhibits = append(p.exhibits, exhibit{from, rec, clone(rec)})
}

// examine checks that no record has been written to since it was handed over,
// whatever the check was about.
func (p *probe) examine() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.exhibits {
		if d := difference(e.rec, e.then); d != "" {
			p.Errorf("a record %s was written to afterwards: %s", e.from, d)
		}
	}
}

// cleanUp deletes the check's records. What comes of it is not checked: the
// store may be closed or damaged by now.
func (p *probe) cleanUp() {
	const workers = 4
	var jobs []func()
	for w := range workers {
		jobs = append(jobs, func() {
			for i := w; i < len(p.ids); i += workers {
				p.store.Delete(p.ctx, p.ids[i])
			}
		})
	}
	crowd(jobs...)
}
