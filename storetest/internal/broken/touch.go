package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// touching makes of the stored record what it pleases.
type touching struct {
	*Reference
	touched func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record
}

func (s touching) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(id)
	if err != nil {
		return err
	}
	s.put(s.touched(stored, expires))
	return nil
}

func touched(name string, f func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return touching{r, f} }}
}

var touches = []Store{
	touched("touch-goes-back", func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record {
		c := *stored
		c.Expires = expires
		if expires.After(c.Deadline) {
			c.Expires = c.Deadline
		}
		return &c
	}),
	touched("touch-exceeds-deadline", func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record {
		c := *stored
		if expires.After(c.Expires) {
			c.Expires = expires
		}
		return &c
	}),
	touched("touch-changes-version", func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record {
		c := *stored.Touched(expires)
		c.Version++
		return &c
	}),
	touched("touch-moves-deadline", func(stored *coatcheck.Record, expires time.Time) *coatcheck.Record {
		c := *stored.Touched(expires)
		c.Deadline = c.Deadline.Add(c.Expires.Sub(stored.Expires))
		return &c
	}),
	{"touch-revives-expired", func(r *Reference) coatcheck.Store { return touchRevivesExpired{r} }},
	{"touch-silent-on-absent", func(r *Reference) coatcheck.Store { return touchSilent{r} }},
}

// touchRevivesExpired touches whatever is still there.
type touchRevivesExpired struct{ *Reference }

func (s touchRevivesExpired) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored := s.records[id]
	if stored == nil {
		return coatcheck.ErrNotFound
	}
	s.put(stored.Touched(expires))
	return nil
}

// touchSilent does not say when there is nothing to touch.
type touchSilent struct{ *Reference }

func (s touchSilent) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	err := s.Reference.Touch(ctx, id, expires)
	if err == coatcheck.ErrNotFound {
		return nil
	}
	return err
}
