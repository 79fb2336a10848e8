package broken

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck"
)

// sorted returns the IDs that come after cursor, which is one in hexadecimal
// digits or "".
func sorted[V any](m map[coatcheck.ID]V, cursor string) ([]coatcheck.ID, error) {
	ids := slices.SortedFunc(maps.Keys(m), func(a, b coatcheck.ID) int { return bytes.Compare(a[:], b[:]) })
	if cursor == "" {
		return ids, nil
	}
	after, err := coatcheck.ParseID(cursor)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id coatcheck.ID) bool { return bytes.Compare(id[:], after[:]) <= 0 }), nil
}

// cut returns the first page of ids and the cursor of the next one.
func cut(ids []coatcheck.ID, limit int) (page []coatcheck.ID, next string) {
	if len(ids) <= limit {
		return ids, ""
	}
	return ids[:limit], ids[limit-1].String()
}

// beginPage locks the store, or says why there is no such page.
func (s *Reference) beginPage(ctx context.Context, limit int) error {
	if limit < 1 {
		return coatcheck.ErrInvalid
	}
	return s.begin(ctx)
}

// List implements [coatcheck.Lister].
func (s *Reference) List(ctx context.Context, cursor string, limit int) (recs []*coatcheck.Record, next string, err error) {
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	ids, err := sorted(s.records, cursor)
	if err != nil {
		return nil, "", err
	}
	ids, next = cut(ids, limit)
	return s.all(ids), next, nil
}

// all returns the records of ids.
func (s *Reference) all(ids []coatcheck.ID) (recs []*coatcheck.Record) {
	for _, id := range ids {
		recs = append(recs, s.records[id])
	}
	return recs
}

// Owned implements [coatcheck.OwnerIndex].
func (s *Reference) Owned(ctx context.Context, owner, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	if owner == "" {
		return nil, "", coatcheck.ErrInvalid
	}
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	ids, err = sorted(s.owners[owner], cursor)
	if err != nil {
		return nil, "", err
	}
	ids, next = cut(ids, limit)
	return ids, next, nil
}

// examined is how many records a batch of Sweep looks at.
const examined = 16

// Sweep implements [coatcheck.Sweeper].
func (s *Reference) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	var result coatcheck.SweepResult
	if err := s.beginPage(ctx, limit); err != nil {
		return result, err
	}
	defer s.mu.Unlock()
	ids, err := sorted(s.records, cursor)
	if err != nil {
		return result, err
	}
	ids, result.Next = cut(ids, min(limit, examined))
	for _, id := range ids {
		if !s.records[id].Live(before) {
			s.remove(id)
			s.tell(id, 0)
			result.Deleted++
		}
	}
	return result, nil
}

// Stat implements [coatcheck.Stater].
func (s *Reference) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if err := s.begin(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	defer s.mu.Unlock()
	st := coatcheck.StoreStats{Records: int64(len(s.records)), MaxRecords: int64(s.limit), Refused: s.refused}
	for _, rec := range s.records {
		st.Bytes += int64(len(rec.ID) + len(rec.Owner) + len(rec.Data) + len(rec.Meta))
		if rec.Owner == "" {
			st.Anonymous++
		}
	}
	return st, nil
}
