package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var limits = []Store{
	{"full-keeps-what-it-refuses", func(r *Reference) coatcheck.Store { return fullKeeps{r} }},
	{"full-refuses-replace", func(r *Reference) coatcheck.Store { return fullRefusesReplace{r} }},
	{"full-drops-in-silence", func(r *Reference) coatcheck.Store { return fullDrops{r} }},
	{"full-for-ever", func(r *Reference) coatcheck.Store { return &fullForever{Reference: r} }},
	{"full-before-exists", func(r *Reference) coatcheck.Store { return fullFirst{r} }},
	{"limit-looks-first", func(r *Reference) coatcheck.Store { return limitLooksFirst{r} }},
}

// crowded reports whether the store is at its limit.
func (s *Reference) crowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit > 0 && len(s.records) >= s.limit
}

// fullKeeps stores the record and says that it did not.
type fullKeeps struct{ *Reference }

func (s fullKeeps) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err == coatcheck.ErrFull {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put(rec)
	}
	return err
}

// fullRefusesReplace does not see that a Replace needs no more room.
type fullRefusesReplace struct{ *Reference }

func (s fullRefusesReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if s.crowded() {
		return coatcheck.ErrFull
	}
	return s.Reference.Replace(ctx, rec, old)
}

// fullDrops says that it has stored what it has not.
type fullDrops struct{ *Reference }

func (s fullDrops) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err == coatcheck.ErrFull {
		return nil
	}
	return err
}

// fullForever counts what comes and not what goes.
type fullForever struct {
	*Reference
	created int
}

func (s *fullForever) Create(ctx context.Context, rec *coatcheck.Record) error {
	s.mu.Lock()
	full := s.limit > 0 && s.created >= s.limit
	if full {
		s.refused++
	}
	s.mu.Unlock()
	if full {
		return coatcheck.ErrFull
	}
	err := s.Reference.Create(ctx, rec)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.created++
	}
	return err
}

// fullFirst asks for room before it asks whether the record is there.
type fullFirst struct{ *Reference }

func (s fullFirst) Create(ctx context.Context, rec *coatcheck.Record) error {
	if s.crowded() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused++
		return coatcheck.ErrFull
	}
	return s.Reference.Create(ctx, rec)
}

// limitLooksFirst looks whether there is room and then takes it.
type limitLooksFirst struct{ *Reference }

func (s limitLooksFirst) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := s.admit(rec)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if s.limit > 0 {
		pause()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.live(rec.ID); err == nil {
		return coatcheck.ErrExists
	}
	s.put(rec)
	s.tell(rec.ID, rec.Version)
	return nil
}
