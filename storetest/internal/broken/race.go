package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Each of these looks and acts in two steps. Alone they are right.
var races = []Store{
	{"create-looks-first", func(r *Reference) coatcheck.Store { return createLooksFirst{r} }},
	{"create-looks-first-over-expired", func(r *Reference) coatcheck.Store { return createOverExpired{r} }},
	{"replace-looks-first", func(r *Reference) coatcheck.Store { return replaceLooksFirst{r} }},
	{"replace-upserts-late", func(r *Reference) coatcheck.Store { return replaceUpsertsLate{r} }},
	{"replace-forgets-touch", func(r *Reference) coatcheck.Store { return replaceForgetsTouch{r} }},
	{"touch-upserts-late", func(r *Reference) coatcheck.Store { return touchUpsertsLate{r} }},
	{"touch-writes-stale-data", func(r *Reference) coatcheck.Store { return touchWritesStale{r} }},
	{"touch-forgets-touch", func(r *Reference) coatcheck.Store { return touchForgetsTouch{r} }},
}

// createLooksFirst looks whether the ID is free and then takes it.
type createLooksFirst struct{ *Reference }

func (s createLooksFirst) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := s.admit(rec)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(rec)
	s.tell(rec.ID, rec.Version)
	return nil
}

// createOverExpired is atomic where nothing is, and clears away what has
// expired in a step of its own: by ID, whatever is there by then.
type createOverExpired struct{ *Reference }

func (s createOverExpired) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	old := s.records[rec.ID]
	dead := old != nil && !old.Live(s.now())
	s.mu.Unlock()
	if dead {
		pause()
		s.mu.Lock()
		s.remove(rec.ID)
		s.mu.Unlock()
	}
	return s.Reference.Create(ctx, rec)
}

// replaceLooksFirst compares the version and then writes.
type replaceLooksFirst struct{ *Reference }

func (s replaceLooksFirst) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	stored, err := s.Load(ctx, rec.ID)
	if err != nil {
		return err
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.live(rec.ID)
	if err != nil {
		return err
	}
	s.put(rec.Touched(now.Expires))
	s.tell(rec.ID, rec.Version)
	return nil
}

// replaceUpsertsLate compares the version again when it writes, but writes too
// if there is no record any more.
type replaceUpsertsLate struct{ *Reference }

func (s replaceUpsertsLate) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if _, err := s.Load(ctx, rec.ID); err != nil {
		return err
	}
	pause()
	err := s.Reference.Replace(ctx, rec, old)
	if err == coatcheck.ErrNotFound {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put(rec)
		return nil
	}
	return err
}

// replaceForgetsTouch reads the stored Expires and writes it later.
type replaceForgetsTouch struct{ *Reference }

func (s replaceForgetsTouch) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	before, err := s.Load(ctx, rec.ID)
	if err != nil {
		return err
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, err := s.live(rec.ID)
	if err != nil {
		return err
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	s.put(rec.Touched(before.Expires))
	s.tell(rec.ID, rec.Version)
	return nil
}

// touchUpsertsLate writes back the record that it has read if there is none any
// more.
type touchUpsertsLate struct{ *Reference }

func (s touchUpsertsLate) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	before, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	pause()
	err = s.Reference.Touch(ctx, id, expires)
	if err == coatcheck.ErrNotFound {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put(before.Touched(expires))
		return nil
	}
	return err
}

// touchWritesStale writes back the record that it has read, unless it is gone.
type touchWritesStale struct{ *Reference }

func (s touchWritesStale) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	before, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.live(id)
	if err != nil {
		return err
	}
	c := *before
	c.Expires, c.Deadline, c.Owner = now.Expires, now.Deadline, now.Owner
	s.put(c.Touched(expires))
	return nil
}

// touchForgetsTouch compares with an Expires that it has read before.
type touchForgetsTouch struct{ *Reference }

func (s touchForgetsTouch) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	before, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.live(id)
	if err != nil {
		return err
	}
	c := *now
	c.Expires = before.Touched(expires).Expires
	s.put(&c)
	return nil
}
