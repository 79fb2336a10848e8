package redisstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// Stat implements [coatcheck.Stater]. It counts the records by reading the
// names of all keys, and looks into each record: about a second for a million
// records, within the context. Records that come and go meanwhile may be
// missed or counted twice. MaxBytes is the servers' limit of memory, for all
// that they hold; Bytes and Evicted, which servers do not tell for a part of
// their keys, are −1.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	st := coatcheck.StoreStats{Bytes: -1, Evicted: -1}
	if err := s.usable(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	nodes, err := s.primaries(ctx)
	for i := range nodes {
		if err == nil {
			err = s.statNode(ctx, &nodes[i], &st)
		}
	}
	if err != nil {
		return coatcheck.StoreStats{}, err
	}
	st.Refused = s.refused.Load()
	return st, nil
}

// statNode adds what one server has.
func (s *Store) statNode(ctx context.Context, n *node, st *coatcheck.StoreStats) error {
	var info map[string]string
	err := s.persist(ctx, "stat", func(ctx context.Context) (err error) {
		info, err = n.info(ctx, "memory")
		return err
	})
	limit, _ := strconv.ParseInt(info["maxmemory"], 10, 64)
	st.MaxBytes += limit
	for from, more := uint64(0), true; err == nil && more; more = from != 0 {
		var names []string
		err = s.persist(ctx, "stat", func(ctx context.Context) (err error) {
			names, from, err = n.scan(ctx, s.keys.records, from, scanKeys)
			return err
		})
		if err == nil {
			err = s.statRecords(ctx, names, st)
		}
	}
	return err
}

// statRecords counts the records at these keys.
func (s *Store) statRecords(ctx context.Context, names []string, st *coatcheck.StoreStats) error {
	return s.each(ctx, s.keys.ids(names), []string{"expires", "entry"}, func(_ int, values []valkey.ValkeyMessage) {
		if values[0].IsString() {
			st.Records++
			if !values[1].IsString() {
				st.Anonymous++
			}
		}
	})
}

// count takes down a call that the servers refused for want of memory.
func (s *Store) count(err error) {
	if errors.Is(err, coatcheck.ErrFull) {
		s.refused.Add(1)
	}
}
