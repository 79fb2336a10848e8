package ring

import (
	"context"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// Owned implements [coatcheck.OwnerIndex]. What List says of members that do
// not answer holds here, too.
func (r *Ring) Owned(ctx context.Context, owner, from string, limit int) (ids []coatcheck.ID, next string, err error) {
	x, err := r.tour(ctx, from, limit, func(c coatcheck.Capabilities) bool { return c.Owners }, "find sessions by owner")
	if err != nil {
		return nil, "", err
	}
	if owner == "" {
		return nil, "", fmt.Errorf("ring: %w: owner is empty, which means no owner", coatcheck.ErrInvalid)
	}
	switch over, err := x.over(); {
	case err != nil:
		return nil, "", err
	case over:
		return nil, x.next(""), nil
	}
	s := x.site()
	var all []coatcheck.ID
	var inner string
	err = s.call(ctx, func(ctx context.Context) (err error) {
		all, inner, err = s.store.(coatcheck.OwnerIndex).Owned(ctx, owner, x.cursor.inner, limit)
		return err
	})
	if err != nil {
		return nil, "", partial(ctx, err, s.name)
	}
	for _, id := range all {
		c, err := r.chainIn(x.t, x.v, id)
		if err != nil {
			return nil, "", partial(ctx, err, s.name)
		}
		first, err := c.first(ctx, s)
		if err != nil {
			return nil, "", partial(ctx, err, s.name)
		}
		if first {
			ids = append(ids, id)
		}
	}
	return ids, x.next(inner), nil
}
