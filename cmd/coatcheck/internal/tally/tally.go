// Package tally counts sessions: how old they are, how large, and whose.
package tally

import (
	"cmp"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
)

// A Bucket counts what is below its limit and not below that of the one
// before.
type Bucket struct {
	Limit int64 `json:"below,omitempty"` // seconds or bytes; 0: no limit
	Count int64 `json:"count"`
}

// ages and sizes are the limits of the buckets, in seconds and bytes.
var (
	ages  = []int64{60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 0}
	sizes = []int64{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20, 0}
)

// An Owner is who fills the store.
type Owner struct {
	Name     string `json:"owner"`
	Sessions int64  `json:"sessions"`
	Bytes    int64  `json:"bytes"`
}

// A Tally counts sessions. Make it by [New]; use it from one goroutine.
type Tally struct {
	Sessions  int64 // live ones
	Anonymous int64 // those of them without an owner
	Expired   int64 // sessions that wait to be swept, if the store lists them
	Damaged   int64 // sessions that cannot be read
	Bytes     int64 // of the live ones' data
	Largest   int64 // data of one live session
	Ages      []Bucket
	Sizes     []Bucket

	now    time.Time
	owners map[string]*Owner
}

// New returns an empty tally.
func New(now time.Time) *Tally {
	t := &Tally{now: now, owners: make(map[string]*Owner)}
	for _, limit := range ages {
		t.Ages = append(t.Ages, Bucket{Limit: limit})
	}
	for _, limit := range sizes {
		t.Sizes = append(t.Sizes, Bucket{Limit: limit})
	}
	return t
}

// Add counts a page.
func (t *Tally) Add(page *listing.Page) {
	t.Damaged += int64(len(page.Damaged))
	for i := range page.Entries {
		t.add(&page.Entries[i])
	}
}

func (t *Tally) add(e *listing.Entry) {
	if e.Expired {
		t.Expired++
		return
	}
	size := int64(e.Bytes)
	t.Sessions++
	t.Bytes += size
	t.Largest = max(t.Largest, size)
	put(t.Ages, int64(t.now.Sub(e.Created)/time.Second))
	put(t.Sizes, size)
	if e.Owner == "" {
		t.Anonymous++
		return
	}
	o := t.owners[e.Owner]
	if o == nil {
		o = &Owner{Name: e.Owner}
		t.owners[e.Owner] = o
	}
	o.Sessions++
	o.Bytes += size
}

// put counts v in its bucket.
func put(buckets []Bucket, v int64) {
	for i := range buckets {
		if b := &buckets[i]; b.Limit == 0 || v < b.Limit {
			b.Count++
			return
		}
	}
}

// Owners returns how many owners there are, and those n who fill the store
// most.
func (t *Tally) Owners(n int) (top []Owner, total int) {
	for _, o := range t.owners {
		top = append(top, *o)
	}
	slices.SortFunc(top, func(a, b Owner) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Name, b.Name))
	})
	return top[:min(n, len(top))], len(top)
}
