package ring

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Stat implements [coatcheck.Stater]: sums over the members, stubs and what
// moves included. A figure that one of them does not know is not known, a limit
// that one of them does not have is none. With a [PartialError] the figures are
// those of the members that answered.
func (r *Ring) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	x, err := r.tour(ctx, "", 1, func(c coatcheck.Capabilities) bool { return c.Stat }, "count")
	if err != nil {
		return coatcheck.StoreStats{}, err
	}
	var sum coatcheck.StoreStats
	var missing PartialError
	for i, m := range x.members {
		var one coatcheck.StoreStats
		err := m.call(ctx, func(ctx context.Context) (err error) {
			one, err = m.store.(coatcheck.Stater).Stat(ctx)
			return err
		})
		if ctx.Err() != nil {
			return coatcheck.StoreStats{}, ctx.Err()
		}
		if err != nil {
			missing.Members, missing.Err = append(missing.Members, m.name), err
			continue
		}
		add(&sum, one, i == len(missing.Members))
	}
	if missing.Members != nil {
		return sum, &missing
	}
	return sum, nil
}

// add adds the figures of one member to those of others.
func add(sum *coatcheck.StoreStats, one coatcheck.StoreStats, first bool) {
	if first {
		*sum = one
		return
	}
	for _, f := range [...]struct {
		sum     *int64
		one     int64
		unknown int64 // what makes the sum the same
	}{
		{&sum.Records, one.Records, -1}, {&sum.Anonymous, one.Anonymous, -1}, {&sum.Bytes, one.Bytes, -1},
		{&sum.Evicted, one.Evicted, -1}, {&sum.Refused, one.Refused, -1},
		{&sum.MaxRecords, one.MaxRecords, 0}, {&sum.MaxBytes, one.MaxBytes, 0},
	} {
		if *f.sum == f.unknown || f.one == f.unknown {
			*f.sum = f.unknown
			continue
		}
		*f.sum += f.one
	}
}
