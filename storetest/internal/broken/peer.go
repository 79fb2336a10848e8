package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

var peers = []Store{
	{"caches-loads", func(r *Reference) coatcheck.Store { return newCaching(r) }},
	{"caches-absence", func(r *Reference) coatcheck.Store { return newCachingAbsence(r) }},
}

// caching believes that nobody else changes what it has loaded. It drops what
// it changes itself.
type caching struct {
	*Reference
	cache map[coatcheck.ID]*coatcheck.Record
}

func newCaching(r *Reference) *caching {
	return &caching{r, map[coatcheck.ID]*coatcheck.Record{}}
}

func (s *caching) Peer() coatcheck.Store { return newCaching(s.Reference) }

func (s *caching) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if rec := s.cache[id]; rec != nil && rec.Live(s.now()) && !s.damaged[id] {
		return rec, nil
	}
	rec, err := s.live(id)
	if err == nil {
		s.cache[id] = rec
	}
	return rec, err
}

func (s *caching) drop(id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, id)
}

func (s *caching) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	defer s.drop(rec.ID)
	return s.Reference.Replace(ctx, rec, old)
}

func (s *caching) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	defer s.drop(id)
	return s.Reference.Touch(ctx, id, expires)
}

func (s *caching) Delete(ctx context.Context, id coatcheck.ID) error {
	defer s.drop(id)
	return s.Reference.Delete(ctx, id)
}

// cachingAbsence believes that what was absent stays absent unless it creates
// it itself.
type cachingAbsence struct {
	*Reference
	absent map[coatcheck.ID]bool
}

func newCachingAbsence(r *Reference) *cachingAbsence {
	return &cachingAbsence{r, map[coatcheck.ID]bool{}}
}

func (s *cachingAbsence) Peer() coatcheck.Store { return newCachingAbsence(s.Reference) }

func (s *cachingAbsence) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if s.absent[id] {
		return nil, coatcheck.ErrNotFound
	}
	rec, err := s.live(id)
	if err == coatcheck.ErrNotFound {
		s.absent[id] = true
	}
	return rec, err
}

func (s *cachingAbsence) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.absent, rec.ID)
	return err
}
