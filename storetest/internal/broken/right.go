package broken

import (
	"context"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Right returns stores that are unlike the reference store and yet right, lest
// the suite asks for more than the contract does.
func Right() []Store {
	return []Store{
		{"reference", func(r *Reference) coatcheck.Store { return r }},
		{"without-optional-methods", func(r *Reference) coatcheck.Store { return bare{r, r} }},
		{"without-capabilities", func(r *Reference) coatcheck.Store { return denying{r} }},
		{"wraps-errors-and-copies-records", func(r *Reference) coatcheck.Store { return wrapping{r} }},
		{"drops-what-has-expired", func(r *Reference) coatcheck.Store { return dropping{r} }},
		{"refuses-large-data", func(r *Reference) coatcheck.Store { return refusing{r} }},
		{"evicts-the-oldest", func(r *Reference) coatcheck.Store { return &evicting{Reference: r} }},
		{"index-cleaned-by-readers", func(r *Reference) coatcheck.Store { return indexCleaned{r} }},
		{"watcher-that-lost-everything", func(r *Reference) coatcheck.Store { return losing{r} }},
		{"figures-unknown", func(r *Reference) coatcheck.Store { return unknowing{r} }},
	}
}

// wrapping says where an error comes from, as most stores do, and never hands
// out the record that it was given.
type wrapping struct{ *Reference }

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("wrapping: %w", err)
}

func copied(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	c.Data = append([]byte{}, rec.Data...)
	c.Meta = append([]byte(nil), rec.Meta...)
	return &c
}

func (s wrapping) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err != nil {
		return nil, wrap(err)
	}
	return copied(rec), nil
}

func (s wrapping) Create(ctx context.Context, rec *coatcheck.Record) error {
	return wrap(s.Reference.Create(ctx, copied(rec)))
}

func (s wrapping) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return wrap(s.Reference.Replace(ctx, copied(rec), old))
}

func (s wrapping) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return wrap(s.Reference.Touch(ctx, id, expires))
}

func (s wrapping) Delete(ctx context.Context, id coatcheck.ID) error {
	return wrap(s.Reference.Delete(ctx, id))
}

// dropping has a backend that deletes what has expired by itself, as soon as
// somebody comes near it.
type dropping struct{ *Reference }

func (s dropping) drop(id coatcheck.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.records[id]; rec != nil && !rec.Live(s.now()) {
		s.remove(id)
		s.tell(id, 0)
	}
}

func (s dropping) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	s.drop(id)
	return s.Reference.Load(ctx, id)
}

func (s dropping) Create(ctx context.Context, rec *coatcheck.Record) error {
	s.drop(rec.ID)
	defer s.drop(rec.ID)
	return s.Reference.Create(ctx, rec)
}

// refusing has a limit of exactly 1 MiB.
type refusing struct{ *Reference }

func (s refusing) Create(ctx context.Context, rec *coatcheck.Record) error {
	if len(rec.Data) > 1<<20 {
		return coatcheck.ErrTooLarge
	}
	return s.Reference.Create(ctx, rec)
}

func (s refusing) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if len(rec.Data) > 1<<20 {
		return coatcheck.ErrTooLarge
	}
	return s.Reference.Replace(ctx, rec, old)
}

// evicting makes room for what is new.
type evicting struct {
	*Reference
	order   []coatcheck.ID
	evicted int64
}

func (s *evicting) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	err := s.admit(rec)
	if err == coatcheck.ErrExists {
		return err
	}
	for err == coatcheck.ErrFull && len(s.records) >= s.limit {
		oldest := s.order[0]
		s.order = s.order[1:]
		if s.remove(oldest) {
			s.tell(oldest, 0)
			s.evicted++
		}
	}
	s.put(rec)
	s.tell(rec.ID, rec.Version)
	s.order = append(s.order, rec.ID)
	return nil
}

func (s *evicting) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	st, err := s.Reference.Stat(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Refused, st.Evicted = 0, s.evicted
	return st, err
}

// indexCleaned leaves entries in the index until somebody reads them in vain.
type indexCleaned struct{ *Reference }

func (s indexCleaned) Delete(ctx context.Context, id coatcheck.ID) error {
	owner := s.ownerOf(id)
	err := s.Reference.Delete(ctx, id)
	s.reindex(owner, id)
	return err
}

func (s indexCleaned) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	ids, next, err := s.Reference.Owned(ctx, owner, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.records[id] == nil {
			delete(s.owners[owner], id)
		}
	}
	return ids, next, nil
}

// losing tells its watchers only that something has happened.
type losing struct{ *Reference }

func (s losing) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	return s.Reference.Watch(ctx, func(coatcheck.Change) { fn(coatcheck.Change{Lost: true}) })
}

// unknowing has no figures.
type unknowing struct{ *Reference }

func (s unknowing) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	_, err := s.Reference.Stat(ctx)
	return coatcheck.StoreStats{Records: -1, Anonymous: -1, Bytes: -1, Evicted: -1, Refused: -1}, err
}
