package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var creates = []Store{
	{"upserting-create", func(r *Reference) coatcheck.Store { return upsertingCreate{r} }},
	{"create-ends-the-old", func(r *Reference) coatcheck.Store { return createEndsTheOld{r} }},
	{"create-blocked-by-expired", func(r *Reference) coatcheck.Store { return createBlockedByExpired{r} }},
	{"create-merges-with-expired", func(r *Reference) coatcheck.Store { return createMergesWithExpired{r} }},
}

// upsertingCreate overwrites a live record.
type upsertingCreate struct{ *Reference }

func (s upsertingCreate) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.admit(rec); err == coatcheck.ErrFull {
		return err
	}
	s.put(rec)
	s.tell(rec.ID, rec.Version)
	return nil
}

// createEndsTheOld refuses rightly, but has spoilt the live record by then.
type createEndsTheOld struct{ *Reference }

func (s createEndsTheOld) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err != coatcheck.ErrExists {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored := s.records[rec.ID]; stored != nil {
		c := *stored
		c.Expires = rec.Expires
		s.put(&c)
	}
	return err
}

// createBlockedByExpired leaves the ID to what has expired until that is swept.
type createBlockedByExpired struct{ *Reference }

func (s createBlockedByExpired) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	blocked := s.records[rec.ID] != nil
	s.mu.Unlock()
	if blocked {
		return coatcheck.ErrExists
	}
	return s.Reference.Create(ctx, rec)
}

// createMergesWithExpired takes over the Meta of an expired record, as an
// update of the columns that are not empty would.
type createMergesWithExpired struct{ *Reference }

func (s createMergesWithExpired) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if old := s.records[rec.ID]; old != nil && !old.Live(s.now()) && len(rec.Meta) == 0 {
		c := *rec
		c.Meta = old.Meta
		rec = &c
	}
	s.mu.Unlock()
	return s.Reference.Create(ctx, rec)
}
