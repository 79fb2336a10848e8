package listing

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// An Order says how a listing is sorted.
type Order struct {
	name string
	less func(a, b *Entry) int
}

// orders are those that there are.
var orders = []Order{
	{"owner", func(a, b *Entry) int { return strings.Compare(a.Owner, b.Owner) }},
	{"age", func(a, b *Entry) int { return a.Created.Compare(b.Created) }},
	{"idle", func(a, b *Entry) int { return a.LastSeen.Compare(b.LastSeen) }},
	{"left", func(a, b *Entry) int { return a.Expires.Compare(b.Expires) }},
	{"size", func(a, b *Entry) int { return cmp.Compare(b.Bytes, a.Bytes) }},
	{"id", func(a, b *Entry) int { return 0 }},
}

// OrderNames returns the names that [OrderOf] knows: by owner, the oldest
// first, the longest unused first, the one that ends soonest first, the
// greatest first, by ID.
func OrderNames() (names []string) {
	for _, o := range orders {
		names = append(names, o.name)
	}
	return names
}

// OrderOf returns the order of that name.
func OrderOf(name string) (Order, bool) {
	for _, o := range orders {
		if o.name == name {
			return o, true
		}
	}
	return Order{}, false
}

// A Sorted keeps the first entries of an order, whatever the order in which
// they come. Make it by [NewSorted].
type Sorted struct {
	order   Order
	reverse bool
	limit   int
	entries []Entry
	dropped bool
}

// NewSorted returns an empty one that keeps limit entries; 0 means all.
func NewSorted(order Order, reverse bool, limit int) *Sorted {
	return &Sorted{order: order, reverse: reverse, limit: limit}
}

// Add adds entries. It holds no more than some times the limit in memory.
func (s *Sorted) Add(entries ...Entry) {
	s.entries = append(s.entries, entries...)
	if s.limit > 0 && len(s.entries) > 4*s.limit+pageSize {
		s.sort()
	}
}

// Entries returns the first ones, sorted, and whether there were more.
func (s *Sorted) Entries() (first []Entry, more bool) {
	s.sort()
	return s.entries, s.dropped
}

// sort puts the entries in order and drops those over the limit. Equal ones
// are in the order of their IDs.
func (s *Sorted) sort() {
	slices.SortFunc(s.entries, func(a, b Entry) int {
		c := cmp.Or(s.order.less(&a, &b), bytes.Compare(a.ID[:], b.ID[:]))
		if s.reverse {
			return -c
		}
		return c
	})
	if s.limit > 0 && len(s.entries) > s.limit {
		s.entries, s.dropped = s.entries[:s.limit], true
	}
}
