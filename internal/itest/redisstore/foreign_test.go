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

// TestSweepLeavesOtherPrefixesAlone: where the keys of one store begin as another's
// indexes do, its owners keep their sessions.
func TestSweepLeavesOtherPrefixesAlone(t *testing.T) {
	cli := func(args ...string) string {
		t.Helper()
		text, err := servers.RedisCLI(one.Addr, args...)
		must(t, err)
		return text
	}
	outer := open(t, singleURL(one.Addr), &redisstore.Options{Prefix: "vide"})
	for _, prefix := range []string{"video:", "video:more:", "vides:", "videos:"} {
		other := open(t, singleURL(one.Addr), &redisstore.Options{Prefix: prefix})
		rec := stored(t, other, newRecord("ann"))
		index, key := prefix+"o:ann", prefix+"s:"+rec.ID.String()
		old := millis(rec.Deadline) + " " + millis(time.Now().Add(-2*time.Minute)) + "000"
		cli("zrem", index, rec.ID.String()+" "+cli("hget", key, "entry"))
		cli("zadd", index, "0", rec.ID.String()+" "+old)
		cli("hset", key, "entry", old)
		sweep(t, outer, time.Now().Add(-time.Hour))
		sweep(t, outer, rec.Deadline.Add(-time.Hour))
		holds(t, other, rec)
		if ids, _, err := other.Owned(t.Context(), "ann", "", 10); err != nil || len(ids) != 1 {
			t.Errorf("%s: %d sessions of the owner after the sweep of another prefix, %v; want 1", prefix, len(ids), err)
		}
		must(t, other.Delete(t.Context(), rec.ID))
	}
	// What is past its deadline goes, whosever it was.
	over := newRecord("ann").ID.String() + " " + millis(time.Now().Add(-time.Hour)) + " " + millis(time.Now().Add(-2*time.Hour)) + "000"
	cli("zadd", "video:o:bob", "0", over)
	sweep(t, outer, time.Now().Add(-time.Hour))
	if left := cli("zrange", "video:o:bob", "0", "-1"); left != "" {
		t.Errorf("an entry past its deadline is left: %s", left)
	}
}
