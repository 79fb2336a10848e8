package tally_test

import (
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/tally"
)

func TestTally(t *testing.T) {
	now := time.Now()
	entry := func(owner string, age time.Duration, size int) listing.Entry {
		return listing.Entry{Info: coatcheck.Info{Owner: owner, Created: now.Add(-age), Bytes: size}}
	}
	expired := entry("ada", time.Hour, 1000)
	expired.Expired = true
	c := tally.New(now)
	c.Add(&listing.Page{Entries: []listing.Entry{
		entry("ada", 0, 63), entry("ada", time.Minute, 64), entry("bob", 40*24*time.Hour, 2<<20), entry("", 59*time.Second, 0), expired,
	}, Damaged: make([]coatcheck.ID, 2)})
	if c.Sessions != 4 || c.Anonymous != 1 || c.Expired != 1 || c.Damaged != 2 || c.Bytes != 127+2<<20 || c.Largest != 2<<20 {
		t.Errorf("counted %+v", c)
	}
	counts := func(buckets []tally.Bucket) (n []int64) {
		for _, b := range buckets {
			n = append(n, b.Count)
		}
		return n
	}
	if got, want := counts(c.Ages), []int64{2, 1, 0, 0, 0, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("ages %v, want %v", got, want)
	}
	if got, want := counts(c.Sizes), []int64{2, 1, 0, 0, 0, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("sizes %v, want %v", got, want)
	}
	top, total := c.Owners(1)
	if total != 2 || !slices.Equal(top, []tally.Owner{{"bob", 1, 2 << 20}}) {
		t.Errorf("of %d owners the first is %v", total, top)
	}
	if top, _ := c.Owners(9); len(top) != 2 {
		t.Errorf("all are %v", top)
	}
}
