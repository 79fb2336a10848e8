//go:build unix

package redisstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// TestListGetsOnByAndBy: where the names of all keys cannot be read within one
// call's time, each call reads some, and the walk comes to its end.
func TestListGetsOnByAndBy(t *testing.T) {
	srv := server(t, nil)
	_, err := servers.RedisCLI(srv.Addr, "eval", "for i = 1, 30000 do redis.call('SET', 'other:' .. i, '') end", "0")
	must(t, err)
	p := newNetwork(t, srv.Addr)
	s := open(t, singleURL(p.Listen), nil)
	rec := stored(t, s, newRecord("ann"))
	_, err = p.Toxics.AddToxicJson(strings.NewReader(`{"name":"far","toxicity":1,"type":"latency","stream":"downstream","attributes":{"latency":40}}`))
	must(t, err)
	found := 0
	for cursor, more := "", true; more; more = cursor != "" {
		ctx, cancel := context.WithTimeout(t.Context(), 800*time.Millisecond)
		recs, next, err := s.List(ctx, cursor, 10)
		cancel()
		must(t, err)
		found, cursor = found+len(recs), next
	}
	if found != 1 {
		t.Errorf("%d records were listed, want %s alone", found, rec.ID.Short())
	}
}
