package itest_test

import (
	"context"
	"runtime"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A breach is a store with one fault. What it says is right as long as nobody
// looks twice: only a history gives it away.
type breach struct {
	name     string
	sessions bool // whether sessions suffer from it: the core cannot make up for it
	steps    bool // whether they do without any concurrency
	make     func(p *plain) coatcheck.Store
}

// breaches are plain stores, each broken in one place.
var breaches = []breach{
	{"Replace looks at no version", true, true, func(p *plain) coatcheck.Store { return blindReplace{p} }},
	{"Replace creates", true, true, func(p *plain) coatcheck.Store { return upsertingReplace{p} }},
	{"Replace checks first and writes later", true, false, func(p *plain) coatcheck.Store { return slowReplace{p} }},
	{"Replace forgets a touch", false, false, func(p *plain) coatcheck.Store { return forgetfulReplace{p} }},
	{"Replace does nothing at times", true, true, func(p *plain) coatcheck.Store { return &idleReplace{plain: p} }},
	{"Touch writes back what it read", true, false, func(p *plain) coatcheck.Store { return staleTouch{p} }},
	{"Touch moves backwards", false, false, func(p *plain) coatcheck.Store { return freeTouch{p} }},
	{"Delete leaves the record at times", false, false, func(p *plain) coatcheck.Store { return &idleDelete{plain: p} }},
	{"Delete comes later", false, false, func(p *plain) coatcheck.Store { return lateDelete{p} }},
	{"Create checks first and writes later", false, false, func(p *plain) coatcheck.Store { return slowCreate{p} }},
	{"Create overwrites", false, false, func(p *plain) coatcheck.Store { return overwritingCreate{p} }},
	{"Load reads a copy", true, true, func(p *plain) coatcheck.Store { return copyLoad{p, map[coatcheck.ID]*coatcheck.Record{}} }},
	{"Load shows what has expired", false, false, func(p *plain) coatcheck.Store { return ageless{p} }},
}

// target is a target of broken stores.
func (b breach) target() target {
	return target{b.name, false, func(_ string, now func() time.Time) (coatcheck.Store, error) {
		return b.make(newPlain(now)), nil
	}}
}

// others lets the other goroutines run for a while.
func others() {
	for range 4 {
		runtime.Gosched()
	}
}

// put stores rec, whatever is there.
func (p *plain) put(rec *coatcheck.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recs[rec.ID] = rec
}

type blindReplace struct{ *plain }

func (s blindReplace) Replace(ctx context.Context, rec *coatcheck.Record, _ uint64) error {
	cur, err := s.Load(ctx, rec.ID)
	if err != nil {
		return err
	}
	return s.plain.Replace(ctx, rec, cur.Version)
}

type upsertingReplace struct{ *plain }

func (s upsertingReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if cur, err := s.Load(ctx, rec.ID); err == nil && cur.Version != old {
		return coatcheck.ErrConflict
	}
	s.put(rec)
	return nil
}

type slowReplace struct{ *plain }

func (s slowReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	cur, err := s.Load(ctx, rec.ID)
	if err != nil {
		return err
	}
	if cur.Version != old {
		return coatcheck.ErrConflict
	}
	others()
	s.put(rec.Touched(cur.Expires))
	return nil
}

type forgetfulReplace struct{ *plain }

func (s forgetfulReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.plain.Replace(ctx, rec, old)
	if err == nil {
		s.put(rec)
	}
	return err
}

type idleReplace struct {
	*plain
	calls int
}

func (s *idleReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	s.mu.Lock()
	s.calls++
	idle := s.calls%8 == 0
	s.mu.Unlock()
	if cur, err := s.Load(ctx, rec.ID); idle && err == nil && cur.Version == old {
		return nil
	}
	return s.plain.Replace(ctx, rec, old)
}

type staleTouch struct{ *plain }

func (s staleTouch) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	cur, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	others()
	s.put(cur.Touched(expires))
	return nil
}

type freeTouch struct{ *plain }

func (s freeTouch) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cur, err := s.live(id)
	if err != nil {
		return err
	}
	moved := *cur
	moved.Expires = expires
	s.recs[id] = &moved
	return nil
}

type idleDelete struct {
	*plain
	calls int
}

func (s *idleDelete) Delete(ctx context.Context, id coatcheck.ID) error {
	s.mu.Lock()
	s.calls++
	idle := s.calls%8 == 0
	s.mu.Unlock()
	if idle {
		return nil
	}
	return s.plain.Delete(ctx, id)
}

type lateDelete struct{ *plain }

func (s lateDelete) Delete(_ context.Context, id coatcheck.ID) error {
	go func() {
		others()
		_ = s.plain.Delete(context.Background(), id)
	}()
	return nil
}

type slowCreate struct{ *plain }

func (s slowCreate) Create(ctx context.Context, rec *coatcheck.Record) error {
	if _, err := s.Load(ctx, rec.ID); err == nil {
		return coatcheck.ErrExists
	}
	others()
	s.put(rec)
	return nil
}

type overwritingCreate struct{ *plain }

func (s overwritingCreate) Create(_ context.Context, rec *coatcheck.Record) error {
	s.put(rec)
	return nil
}

// copyLoad answers every other time from the copy that the last answer left.
type copyLoad struct {
	*plain
	copies map[coatcheck.ID]*coatcheck.Record
}

func (s copyLoad) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.copies[id]; rec != nil {
		delete(s.copies, id)
		return rec, nil
	}
	rec, err := s.live(id)
	if err == nil {
		s.copies[id] = rec
	}
	return rec, err
}

type ageless struct{ *plain }

func (s ageless) Load(_ context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.recs[id]; rec != nil {
		return rec, nil
	}
	return nil, coatcheck.ErrNotFound
}
