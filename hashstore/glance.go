package hashstore

// glanceAhead is how many records of the segment that is being compacted glance
// looks at: about as many as a change decides on.
const glanceAhead = 3

// glance reads what a change is about to need under the lock, so that the lock
// is not held while memory is waited for. It does so only if another process has
// the lock just now: the time is spent waiting anyway, and goroutines of one
// process were seen to gain nothing. The places do not depend on each
// other, so that the processor fetches them at the same time. Nothing that is read
// is believed.
func (s *Store) glance(c *change) {
	m := &s.mem
	if m.base == nil {
		return
	}
	if holder := m.load(ctlLock); holder == 0 || holder == s.lock.me {
		return
	}
	// In a damaged file this panics again where it can be dealt with.
	defer func() { _ = recover() }()
	t := s.table()
	r := ref(m.load(t.home(s.hash(&c.id)) + slotRef))
	s.glanceAhead(&t)
	if off := r.offset(); r.inUse() && off >= dataAt {
		_, _ = m.load(off), m.load(off+recHead/2)
	}
}

// glanceAhead is glance for the compaction that the change helps with.
func (s *Store) glanceAhead(t *table) {
	m := &s.mem
	v := int(m.load(ctlVictim)) - 1
	if v < 0 || v >= s.segments() {
		return
	}
	at, end := int64(m.load(ctlVictimAt)), s.segmentAt(v+1)
	for range glanceAhead {
		if at < s.segmentAt(v) || at > end-recHead || at&7 != 0 {
			return
		}
		id := [4]uint64{m.load(at + recID), m.load(at + recID + 8), m.load(at + recID + 16), m.load(at + recID + 24)}
		_ = m.load(t.home(s.hashWords(id)) + slotRef)
		lens := m.load(at + recOwnerLen)
		at += pad(recHead + int64(lens&(1<<32-1)) + int64(lens>>32) + int64(m.load(at+recDataLen)&(1<<32-1)))
	}
}
