//go:build unix

package redisstore_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// TestSweepPassesForeignKeys: a key that is no index, where one is looked for,
// costs no sweep.
func TestSweepPassesForeignKeys(t *testing.T) {
	now := time.Now()
	s := open(t, singleURL(one.Addr), &redisstore.Options{Prefix: "foreign:", Now: func() time.Time { return now }})
	_, err := servers.RedisCLI(one.Addr, "set", "foreign:o:bob", "no index")
	must(t, err)
	defer servers.RedisCLI(one.Addr, "del", "foreign:o:bob")
	rec := stored(t, s, newRecord("ann"))
	deleted := 0
	for cursor := ""; ; {
		result, err := s.Sweep(t.Context(), rec.Deadline, cursor, 100)
		must(t, err)
		deleted += result.Deleted
		if cursor = result.Next; cursor == "" {
			break
		}
	}
	if deleted != 1 {
		t.Errorf("%d records were deleted, want 1", deleted)
	}
}
