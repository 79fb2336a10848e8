package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var loads = []Store{
	{"nil-for-absent", func(r *Reference) coatcheck.Store { return nilForAbsent{r} }},
	{"record-with-error", func(r *Reference) coatcheck.Store { return recordWithError{r} }},
	{"serves-corrupt", func(r *Reference) coatcheck.Store { return servesCorrupt{r} }},
}

// nilForAbsent says that nothing is wrong when there is nothing.
type nilForAbsent struct{ *Reference }

func (s nilForAbsent) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err == coatcheck.ErrNotFound {
		return nil, nil
	}
	return rec, err
}

// recordWithError hands out what it should not along with the error.
type recordWithError struct{ *Reference }

func (s recordWithError) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err != nil && ctx.Err() == nil {
		rec = &coatcheck.Record{ID: id}
	}
	return rec, err
}

// servesCorrupt takes what is damaged for data.
type servesCorrupt struct{ *Reference }

func (s servesCorrupt) Damage(id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := *s.records[id]
	rec.Data = []byte("garbage")
	s.put(&rec)
}
