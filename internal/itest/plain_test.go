package itest_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A plain store is a map under a mutex: a right one that is easy to believe, and
// what the broken ones are made from.
type plain struct {
	now func() time.Time

	mu   sync.Mutex
	recs map[coatcheck.ID]*coatcheck.Record
}

func newPlain(now func() time.Time) *plain {
	return &plain{now: now, recs: map[coatcheck.ID]*coatcheck.Record{}}
}

// live returns the live record of id. The caller holds mu.
func (p *plain) live(id coatcheck.ID) (*coatcheck.Record, error) {
	rec := p.recs[id]
	if rec == nil || !rec.Live(p.now()) {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

// Load implements [coatcheck.Store].
func (p *plain) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live(id)
}

// Create implements [coatcheck.Store].
func (p *plain) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.live(rec.ID); err == nil {
		return coatcheck.ErrExists
	}
	p.recs[rec.ID] = rec
	return nil
}

// Replace implements [coatcheck.Store].
func (p *plain) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cur, err := p.live(rec.ID)
	if err != nil {
		return err
	}
	if cur.Version != old {
		return coatcheck.ErrConflict
	}
	p.recs[rec.ID] = rec.Touched(cur.Expires)
	return nil
}

// Touch implements [coatcheck.Store].
func (p *plain) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cur, err := p.live(id)
	if err != nil {
		return err
	}
	p.recs[id] = cur.Touched(expires)
	return nil
}

// Delete implements [coatcheck.Store].
func (p *plain) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.recs, id)
	return nil
}

// List implements [coatcheck.Lister]. The cursor is the last ID of a page.
func (p *plain) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: limit %d", coatcheck.ErrInvalid, limit)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	recs := slices.SortedFunc(maps.Values(p.recs), func(a, b *coatcheck.Record) int {
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	recs = slices.DeleteFunc(recs, func(r *coatcheck.Record) bool { return r.ID.String() <= cursor })
	if len(recs) <= limit {
		return recs, "", nil
	}
	return recs[:limit], recs[limit-1].ID.String(), nil
}
