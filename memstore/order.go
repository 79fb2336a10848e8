package memstore

import (
	"cmp"
	"slices"
)

// An order lists entries by ascending positions that never change, so that a
// reader can stop anywhere and go on later. Adding, removing and finding a
// position take logarithmic time at most: what is removed leaves a hole, and
// the holes are closed when they are the greater part.
type order struct {
	places []place
	holes  int
}

// A place is a position and the entry there, nil for a hole.
type place struct {
	pos uint64
	e   *entry
}

// add appends an entry. pos must be greater than any before.
func (o *order) add(pos uint64, e *entry) {
	o.places = append(o.places, place{pos, e})
}

// remove takes out the entry at pos.
func (o *order) remove(pos uint64) {
	i, found := o.find(pos)
	if !found {
		return
	}
	o.places[i].e = nil
	o.holes++
	if o.holes > len(o.places)/2 {
		o.places = slices.DeleteFunc(o.places, func(p place) bool { return p.e == nil })
		o.holes = 0
		if cap(o.places) > 4*len(o.places)+16 {
			o.places = slices.Clone(o.places)
		}
	}
}

// after yields up to n entries behind pos. It looks at a bounded number of
// places, so it may yield fewer; last is where to go on, and more whether
// there is anything behind it.
func (o *order) after(pos uint64, n int, yield func(*entry)) (last uint64, more bool) {
	i, found := o.find(pos)
	if found {
		i++
	}
	last = pos
	for seen := 0; i < len(o.places) && n > 0 && seen < 2*batch; i++ {
		last = o.places[i].pos
		seen++
		if e := o.places[i].e; e != nil {
			yield(e)
			n--
		}
	}
	return last, i < len(o.places)
}

// len returns the number of entries.
func (o *order) len() int { return len(o.places) - o.holes }

func (o *order) find(pos uint64) (int, bool) {
	return slices.BinarySearchFunc(o.places, pos, func(p place, pos uint64) int { return cmp.Compare(p.pos, pos) })
}
