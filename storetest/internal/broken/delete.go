package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var deletes = []Store{
	{"delete-of-absent-fails", func(r *Reference) coatcheck.Store { return deleteStrict{r} }},
	{"delete-takes-all-of-owner", func(r *Reference) coatcheck.Store { return deleteTakesOwner{r} }},
}

// deleteStrict wants something to delete.
type deleteStrict struct{ *Reference }

func (s deleteStrict) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	absent := s.records[id] == nil
	s.mu.Unlock()
	if absent {
		return coatcheck.ErrNotFound
	}
	return s.Reference.Delete(ctx, id)
}

// deleteTakesOwner deletes the record and those beside it.
type deleteTakesOwner struct{ *Reference }

func (s deleteTakesOwner) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	rec := s.records[id]
	if rec == nil {
		return nil
	}
	for other := range s.owners[rec.Owner] {
		s.remove(other)
		s.tell(other, 0)
	}
	if s.remove(id) {
		s.tell(id, 0)
	}
	return nil
}
