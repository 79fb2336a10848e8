package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// comparing replaces where versions are the same in its eyes.
func comparing(name string, same func(stored, old uint64) bool) Store {
	return judged(name, func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if !same(stored.Version, old) {
			return nil, coatcheck.ErrConflict
		}
		return rec.Touched(stored.Expires), nil
	})
}

var versions = []Store{
	comparing("version-as-float", func(stored, old uint64) bool { return float64(stored) == float64(old) }),
	comparing("version-low-half", func(stored, old uint64) bool { return uint32(stored) == uint32(old) }),
	comparing("version-high-half", func(stored, old uint64) bool { return stored>>32 == old>>32 }),
	comparing("version-zero-is-any", func(stored, old uint64) bool { return stored == old || old == 0 }),
	comparing("version-at-least", func(stored, old uint64) bool { return old >= stored }),
	judged("version-must-grow", func(stored, rec *coatcheck.Record, old uint64) (*coatcheck.Record, error) {
		if stored.Version != old || rec.Version < old {
			return nil, coatcheck.ErrConflict
		}
		return rec.Touched(stored.Expires), nil
	}),
	{"version-of-its-own", func(r *Reference) coatcheck.Store { return ownVersion{r} }},
}

// ownVersion starts to count at one, whatever it is given.
type ownVersion struct{ *Reference }

func (s ownVersion) Create(ctx context.Context, rec *coatcheck.Record) error {
	c := *rec
	c.Version = 1
	return s.Reference.Create(ctx, &c)
}
