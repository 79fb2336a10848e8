package sqlstore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Stat implements [coatcheck.Stater]. It reads the whole table, which takes a
// while if that is large. Bytes is what the records hold, without what the
// database needs to keep it. Refused counts the calls of this store alone.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if err := s.usable(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	for try := 0; ; try++ {
		var records, owned, bytes int64
		err := s.stat.row(ctx, nil, &records, &owned, &bytes)
		if err == nil {
			return coatcheck.StoreStats{Records: records, Anonymous: records - owned, Bytes: bytes, Refused: s.refused.Load()}, nil
		}
		if !s.again(ctx, try, err, reading) {
			return coatcheck.StoreStats{}, s.failed(ctx, "stat", err)
		}
	}
}
