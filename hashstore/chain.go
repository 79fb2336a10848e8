package hashstore

// A chain is a doubly linked list of slots. The word in a slot has the number
// of the next one in its upper half and that of the previous in the lower.
// Chains are changed under the lock, and built anew when its holder died.

func chainNext(w uint64) uint64 { return w >> 32 }
func chainPrev(w uint64) uint64 { return w & 0xffffffff }

// ownerOf returns the owner in a whole entry.
func (s *Store) ownerOf(e entry) []byte { return e[recHead : recHead+int(e.u32(recOwnerLen))] }

// ownerAt returns the owner of a record of which only the head is at hand.
func (s *Store) ownerAt(r ref, head entry) []byte {
	n := int(head.u32(recOwnerLen))
	if n == 0 {
		return nil
	}
	if len(head) >= recHead+n {
		return head[recHead : recHead+n]
	}
	if int64(n) > maxRecord {
		panic(accessError{errBounds})
	}
	return s.mem.view(r.offset()+recHead, n)
}

// link enters a slot into the chain of its owner or of the guests. The entry
// is whole.
func (s *Store) link(t *table, slot int64, e entry) { s.linkAt(t, slot, e, 0) }

// linkAt is link for a record of which only the head may be at hand.
func (s *Store) linkAt(t *table, slot int64, e entry, r ref) {
	switch {
	case e.owned():
		s.push(t, s.ownerBucket(t, s.ownerAt(r, e)), slot)
	case e.guest():
		if s.push(t, t.newest(), slot) {
			s.mem.store(t.next(), t.number(slot))
		}
	}
}

// push puts a slot at the beginning of a chain. first says that it is alone.
func (s *Store) push(t *table, head, slot int64) (first bool) {
	m := &s.mem
	next, n := m.load(head), t.number(slot)
	m.store(slot+slotChain, next<<32)
	if next != 0 {
		after := t.slot(next) + slotChain
		m.store(after, m.load(after)&^0xffffffff|n)
	}
	m.store(head, n)
	return next == 0
}

// unlink takes a slot out of its chain.
func (s *Store) unlink(t *table, slot int64, old entry, r ref) {
	m := &s.mem
	var head int64
	switch {
	case old.owned():
		head = s.ownerBucket(t, s.ownerAt(r, old))
	case old.guest():
		head = t.newest()
	default:
		return
	}
	w := m.load(slot + slotChain)
	next, prev := chainNext(w), chainPrev(w)
	if prev != 0 {
		before := t.slot(prev) + slotChain
		m.store(before, m.load(before)&0xffffffff|next<<32)
	} else if m.load(head) == t.number(slot) {
		m.store(head, next)
	} else {
		s.sicken() // the owner's name is damaged, so the chain is another
	}
	if next != 0 {
		after := t.slot(next) + slotChain
		m.store(after, m.load(after)&^0xffffffff|prev)
	} else if head == t.newest() {
		m.store(t.next(), prev)
	}
	m.store(slot+slotChain, 0)
}
