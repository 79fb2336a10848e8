package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// keyed stores records under a key that is not their whole ID. It has no
// optional interfaces.
type keyed struct {
	inner *Reference
	key   func(coatcheck.ID) coatcheck.ID
}

func (s keyed) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.inner.Load(ctx, s.key(id))
	if err != nil {
		return nil, err
	}
	c := *rec
	c.ID = id
	return &c, nil
}

func (s keyed) Create(ctx context.Context, rec *coatcheck.Record) error {
	c := *rec
	c.ID = s.key(c.ID)
	return s.inner.Create(ctx, &c)
}

func (s keyed) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	c := *rec
	c.ID = s.key(c.ID)
	return s.inner.Replace(ctx, &c, old)
}

func (s keyed) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.inner.Touch(ctx, s.key(id), expires)
}

func (s keyed) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.inner.Delete(ctx, s.key(id))
}

func (s keyed) Damage(id coatcheck.ID) { s.inner.Damage(s.key(id)) }

// firstHalf is a key that is cut off.
func firstHalf(id coatcheck.ID) coatcheck.ID {
	clear(id[16:])
	return id
}

// foldCase is the key of a collation that takes capitals for small letters.
func foldCase(id coatcheck.ID) coatcheck.ID {
	for i, b := range id {
		if 'A' <= b && b <= 'Z' {
			id[i] = b + 'a' - 'A'
		}
	}
	return id
}

// untilNUL is the key of a C string.
func untilNUL(id coatcheck.ID) coatcheck.ID {
	for i, b := range id {
		if b == 0 {
			clear(id[i:])
			break
		}
	}
	return id
}

var ids = []Store{
	{"id-cut-in-half", func(r *Reference) coatcheck.Store { return keyed{r, firstHalf} }},
	{"id-folds-case", func(r *Reference) coatcheck.Store { return keyed{r, foldCase} }},
	{"id-ends-at-NUL", func(r *Reference) coatcheck.Store { return keyed{r, untilNUL} }},
}
