package broken

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/coatcheck/coatcheck"
)

// listByChange lists records in the order in which they were last changed. One
// that changes between two pages moves to the end and appears again.
type listByChange struct {
	*Reference
	changes uint64
	last    map[coatcheck.ID]uint64
}

func (s *listByChange) changed(id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[coatcheck.ID]uint64{}
	}
	s.changes++
	s.last[id] = s.changes
}

func (s *listByChange) Create(ctx context.Context, rec *coatcheck.Record) error {
	err := s.Reference.Create(ctx, rec)
	if err == nil {
		s.changed(rec.ID)
	}
	return err
}

func (s *listByChange) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err == nil {
		s.changed(rec.ID)
	}
	return err
}

func (s *listByChange) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	err := s.Reference.Touch(ctx, id, expires)
	if err == nil {
		s.changed(id)
	}
	return err
}

func (s *listByChange) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	var after uint64
	if cursor != "" {
		n, err := strconv.ParseUint(cursor, 10, 63)
		if err != nil {
			return nil, "", coatcheck.ErrInvalid
		}
		after = n
	}
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	ids, _ := sorted(s.records, "")
	ids = slices.DeleteFunc(ids, func(id coatcheck.ID) bool { return s.last[id] <= after })
	slices.SortFunc(ids, func(a, b coatcheck.ID) int { return int(s.last[a]) - int(s.last[b]) })
	page, next := cut(ids, limit)
	if next != "" {
		next = strconv.FormatUint(s.last[page[limit-1]], 10)
	}
	return s.all(page), next, nil
}

// listRemembers lists from a catalogue that Delete forgets to change.
type listRemembers struct {
	*Reference
	deleted map[coatcheck.ID]*coatcheck.Record
}

func newListRemembers(r *Reference) *listRemembers {
	return &listRemembers{r, map[coatcheck.ID]*coatcheck.Record{}}
}

func (s *listRemembers) Delete(ctx context.Context, id coatcheck.ID) error {
	rec, loadErr := s.Load(ctx, id)
	err := s.Reference.Delete(ctx, id)
	if loadErr == nil && err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.deleted[id] = rec
	}
	return err
}

func (s *listRemembers) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	all := map[coatcheck.ID]*coatcheck.Record{}
	for id, rec := range s.deleted {
		all[id] = rec
	}
	for id, rec := range s.records {
		all[id] = rec
	}
	ids, err := sorted(all, cursor)
	if err != nil {
		return nil, "", err
	}
	var recs []*coatcheck.Record
	page, next := cut(ids, limit)
	for _, id := range page {
		recs = append(recs, all[id])
	}
	return recs, next, nil
}
