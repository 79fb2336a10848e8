//go:build unix

package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// TestManyOwners: a sweep's calls stay short where each session has an owner of
// its own, and take the dead entries of all.
func TestManyOwners(t *testing.T) {
	s := open(t, singleURL(one.Addr), &redisstore.Options{Prefix: "many:"})
	const many = 2000
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < many; i += 8 {
				if err := s.Create(t.Context(), newRecord(fmt.Sprint("owner ", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	// As if their records had ended without them, two minutes ago.
	const age = `local c, n = '0', 0
		repeat
			local r = redis.call('SCAN', c, 'MATCH', 'many:*', 'COUNT', '1000')
			c = r[1]
			for _, k in ipairs(r[2]) do
				if string.sub(k, 6, 6) == 'o' then
					local m = redis.call('ZRANGE', k, 0, 0)[1]
					redis.call('ZREM', k, m)
					redis.call('ZADD', k, 0, string.sub(m, 1, 64) .. string.match(m, ' %-?%d+ ') .. ARGV[1])
					n = n + 1
				end
			end
		until c == '0'
		return n`
	_, err := servers.RedisCLI(one.Addr, "eval", age, "0", millis(time.Now().Add(-2*time.Minute))+"000")
	must(t, err)
	for cursor := ""; ; {
		err := within(t, 2*time.Second, func(ctx context.Context) error {
			r, err := s.Sweep(ctx, time.Now().Add(-time.Hour), cursor, 500)
			cursor = r.Next
			return err
		})
		must(t, err)
		if cursor == "" {
			break
		}
	}
	left, err := servers.RedisCLI(one.Addr, "eval", "return #redis.call('KEYS', 'many:o:*')", "0")
	if err != nil || strings.TrimSpace(left) != "0" {
		t.Errorf("%s indexes are left, %v", left, err)
	}
}
