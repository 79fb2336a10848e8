package redisstore

import (
	"context"
	"errors"
	"strings"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// eachBatch is how many records are asked at once.
const eachBatch = 500

// each reads fields of many records, in few round trips, and calls got with
// those of each, nil values where there is no such field or record. A key that
// holds something else than a record counts as none.
func (s *Store) each(ctx context.Context, ids []coatcheck.ID, fields []string, got func(i int, values []valkey.ValkeyMessage)) error {
	for start := 0; start < len(ids); start += eachBatch {
		batch := ids[start:min(start+eachBatch, len(ids))]
		if err := s.eachOf(ctx, batch, fields, func(i int, values []valkey.ValkeyMessage) { got(start+i, values) }); err != nil {
			return err
		}
	}
	return nil
}

// eachOf is each for one batch. Those that are not answered are asked again.
func (s *Store) eachOf(ctx context.Context, ids []coatcheck.ID, fields []string, got func(i int, values []valkey.ValkeyMessage)) error {
	left := make([]int, len(ids))
	for i := range left {
		left[i] = i
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	for try := 0; len(left) > 0; try++ {
		if err := s.usable(ctx); err != nil {
			return err
		}
		again, err := s.ask(ctx, ids, left, fields, got)
		if len(again) == 0 {
			return err
		}
		if s.judge(ctx, err) == final || !pause(ctx, try) {
			return explain("read many", err)
		}
		left = again
	}
	return nil
}

// ask sends one pipeline for those that are left, and returns which of them are
// left then, and why.
func (s *Store) ask(ctx context.Context, ids []coatcheck.ID, left []int, fields []string, got func(i int, values []valkey.ValkeyMessage)) (again []int, err error) {
	client, err := s.link.client(ctx)
	if err != nil {
		return left, err
	}
	cmds := make([]valkey.Completed, len(left))
	for n, i := range left {
		cmds[n] = client.B().Hmget().Key(s.keys.record(ids[i])).Field(fields...).Build()
	}
	results := aside(ctx, func(ctx context.Context) []valkey.ValkeyResult { return client.DoMulti(ctx, cmds...) },
		func(failed error) []valkey.ValkeyResult { err = failed; return nil })
	if results == nil {
		return left, err
	}
	none := make([]valkey.ValkeyMessage, len(fields))
	for n, i := range left {
		values, failed := results[n].ToArray()
		if failed != nil && refusedWith(failed, "WRONGTYPE") {
			values, failed = none, nil
		}
		if failed != nil || len(values) != len(fields) {
			again, err = append(again, i), failed
			continue
		}
		got(i, values)
	}
	return again, err
}

// refusedWith reports whether err is a server's answer that begins so.
func refusedWith(err error, word string) bool {
	var refused *valkey.ValkeyError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Error(), word)
}
