package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// A judge is the one thing in which the stores below differ: what a Replace of
// stored by rec at version old puts into the store, or its error.
type judge func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error)

// judging replaces by its judge. The judge of a live record only is the right
// one but for its flaw.
type judging struct {
	*Reference
	judge judge
}

func (s judging) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(rec.ID)
	if err != nil {
		return err
	}
	next, err := s.judge(stored, rec, old)
	if next != nil {
		s.put(next)
		s.tell(next.ID, next.Version)
	}
	return err
}

func judged(name string, j judge) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return judging{r, j} }}
}

var replaces = []Store{
	{"upserting-replace", func(r *Reference) coatcheck.Store { return upsertingReplace{r} }},
	{"replace-revives-expired", func(r *Reference) coatcheck.Store { return replaceRevivesExpired{r} }},
	{"conflict-for-absent", func(r *Reference) coatcheck.Store { return conflictForAbsent{r} }},
	judged("version-blind-replace", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		return rec.Touched(stored.Expires), nil
	}),
	judged("replace-lowers-expires", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return nil, coatcheck.ErrConflict
		}
		return rec, nil
	}),
	judged("replace-exceeds-deadline", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return nil, coatcheck.ErrConflict
		}
		c := *rec
		if stored.Expires.After(c.Expires) {
			c.Expires = stored.Expires
		}
		return &c, nil
	}),
	judged("replace-keeps-owner", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return nil, coatcheck.ErrConflict
		}
		c := *rec.Touched(stored.Expires)
		c.Owner = stored.Owner
		return &c, nil
	}),
	judged("replace-keeps-deadline", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return nil, coatcheck.ErrConflict
		}
		c := *rec
		c.Deadline = stored.Deadline
		return c.Touched(stored.Expires), nil
	}),
	judged("replace-keeps-old-data-when-empty", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return nil, coatcheck.ErrConflict
		}
		c := *rec.Touched(stored.Expires)
		if len(c.Data) == 0 {
			c.Data = stored.Data
		}
		return &c, nil
	}),
	judged("refused-replace-extends", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old {
			return stored.Touched(rec.Expires), coatcheck.ErrConflict
		}
		return rec.Touched(stored.Expires), nil
	}),
}

// upsertingReplace creates what is not there.
type upsertingReplace struct{ *Reference }

func (s upsertingReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err == coatcheck.ErrNotFound {
		return s.Create(ctx, rec)
	}
	return err
}

// replaceRevivesExpired looks at the version of a record that is still there
// and not at its end.
type replaceRevivesExpired struct{ *Reference }

func (s replaceRevivesExpired) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored := s.records[rec.ID]
	if stored == nil {
		return coatcheck.ErrNotFound
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	s.put(rec.Touched(stored.Expires))
	s.tell(rec.ID, rec.Version)
	return nil
}

// conflictForAbsent cannot tell why an update met no row.
type conflictForAbsent struct{ *Reference }

func (s conflictForAbsent) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err == coatcheck.ErrNotFound {
		return coatcheck.ErrConflict
	}
	return err
}
