package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var contexts = []Store{
	{"ignores-context", func(r *Reference) coatcheck.Store { return ignoresContext{r} }},
	{"context-checked-too-late", func(r *Reference) coatcheck.Store { return checksTooLate{r} }},
	{"context-error-of-its-own", func(r *Reference) coatcheck.Store { return ownContextError{r} }},
	{"half-a-replace-when-cancelled", func(r *Reference) coatcheck.Store { return halfReplace{r} }},
}

// ignoresContext works on for nobody.
type ignoresContext struct{ *Reference }

func (s ignoresContext) Load(_ context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	return s.Reference.Load(context.Background(), id)
}

func (s ignoresContext) Replace(_ context.Context, rec *coatcheck.Record, old uint64) error {
	return s.Reference.Replace(context.Background(), rec, old)
}

// checksTooLate says that it was cancelled after it has done the work.
type checksTooLate struct{ *Reference }

func (s checksTooLate) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := s.Reference.Delete(context.WithoutCancel(ctx), id); err != nil {
		return err
	}
	return ctx.Err()
}

// ownContextError hides that it was the context.
type ownContextError struct{ *Reference }

func (s ownContextError) Create(ctx context.Context, rec *coatcheck.Record) error {
	if ctx.Err() != nil {
		return coatcheck.ErrFull
	}
	return s.Reference.Create(ctx, rec)
}

// halfReplace writes the version, and the rest only if there is time left.
type halfReplace struct{ *Reference }

func (s halfReplace) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, err := s.live(rec.ID)
	if err != nil {
		return err
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	c := *stored
	c.Version = rec.Version
	s.put(&c)
	pause()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.put(rec.Touched(stored.Expires))
	s.tell(rec.ID, rec.Version)
	return nil
}
