package filestore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Stat implements [coatcheck.Stater]. It counts files, without opening them,
// and so knows neither Anonymous nor Bytes. It reads all names, which takes time
// where there are millions.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if err := s.enter(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	defer s.leave()
	st := coatcheck.StoreStats{Anonymous: -1, Bytes: -1}
	there, err := presentIn(s.records)
	for n := range shards {
		if !there[n] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return coatcheck.StoreStats{}, err
		}
		_, ids, err := s.ids(ctx, byte(n), "")
		if err != nil {
			return coatcheck.StoreStats{}, err
		}
		st.Records += int64(len(ids))
	}
	return st, err
}
