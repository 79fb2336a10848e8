package hashstore

import "context"

// How full of live records the log is kept, in percent. Below lazy, each change
// does a part of the work; the upkeep goes as far as thorough.
const (
	lazy     = 65
	hasty    = 50
	thorough = 85
	minGain  = 10 // of a segment, below which it is not worth moving

	// tombShare is the part of the log above which tombstones are too many:
	// one in so many bytes.
	tombShare = 16
)

// usage returns how many bytes the segments of the log have and how many of
// them hold what must be kept. Nothing needs the tombstones of the oldest.
func (s *Store) usage() (total, kept, tombs int64) {
	all := s.ledger()
	oldest, born := -1, ^uint64(0)
	for n := range all.len() {
		if all.records(n) && all.born(n) < born {
			oldest, born = n, all.born(n)
		}
		if all.state(n) == segLog {
			total += s.head.segment
			kept += all.live(n) + all.tombs(n)
			tombs += all.tombs(n)
		}
	}
	if oldest >= 0 && all.state(oldest) == segLog {
		kept -= all.tombs(oldest)
	}
	return total, kept, tombs
}

// helpCompact does as much compaction as a change of n bytes owes, so that
// many writers cannot outrun it. The lock is held. What goes wrong is left to
// the upkeep.
func (s *Store) helpCompact(n int64) {
	s.measure()
	if !s.measured.lazy {
		return
	}
	if s.mem.load(ctlVictim) == 0 && !s.pickVictim(minGain, ^uint64(0)) {
		s.measured.lazy = false
		return
	}
	budget := max(3*n, 1024)
	if s.measured.hasty {
		budget *= 3
	}
	_, _ = s.compactStep(budget)
}

// A measured is what a process knows of the log as a whole.
type measured struct {
	at          uint64 // where the log ended, and how many segments were emptied
	emptied     uint64
	lazy, hasty bool // how much there is to gain
}

// measure looks at all segments, after a new one has begun or one has been
// emptied. The lock is held.
func (s *Store) measure() {
	x := &s.measured
	at := s.mem.load(ctlTail)/uint64(s.head.segment)<<20 | x.emptied&(1<<20-1)
	if x.at == at {
		return
	}
	x.at = at
	total, kept, _ := s.usage()
	s.note(total / s.head.segment)
	total -= 2 * s.head.segment // the last one is being filled
	x.lazy = total > 2*s.head.segment && kept*100 < total*lazy
	x.hasty = x.lazy && kept*100 < total*hasty
}

// note finds out how many emptied segments wait to be freed, and whether those
// are many beside so many that hold records.
func (s *Store) note(full int64) {
	emptied := int64(0)
	all := s.ledger()
	for n := range all.len() {
		if all.state(n) == segEmptied {
			emptied++
		}
	}
	switch {
	case emptied >= max(waitForHelp, full/2):
		s.owed.Store(owedMuch)
	case emptied >= max(askForHelp, full/8):
		s.owed.Store(owedSome)
	}
}

// pickVictim chooses the segment of which most can be gained, if that is at
// least so many percent, and the oldest one if there are too many tombstones,
// which only wait for its end. That one must have begun at the number last or
// before: tombstones of which nothing is free yet would go round and round, from
// each segment to the next.
func (s *Store) pickVictim(least int64, last uint64) bool {
	tail := int64(s.mem.load(ctlTail))
	best, most := -1, s.head.segment*least/100
	oldest, born := -1, ^uint64(0)
	var total, tombs int64
	all := s.ledger()
	for n := range all.len() {
		st := all.state(n)
		if st == segGiant && all.live(n) == 0 && !s.isPending(n) {
			s.setState(n, segEmptied, all.generation(n))
		}
		if st != segLog || tail != 0 && n == s.segmentOf(tail-1) || s.isPending(n) {
			continue
		}
		total += s.head.segment
		tombs += all.tombs(n)
		if b := all.born(n); b < born {
			oldest, born = n, b
		}
		if gain := s.head.segment - all.live(n) - all.tombs(n); gain > most {
			best, most = n, gain
		}
	}
	if born > last {
		oldest = -1
	}
	if oldest >= 0 && tombs*tombShare > total {
		best = oldest
	}
	if oldest >= 0 && best < 0 && s.head.segment-s.live(oldest) > s.head.segment*least/100 {
		best = oldest // nothing needs its tombstones
	}
	if best < 0 {
		return false
	}
	s.mem.store(ctlVictimAt, uint64(s.segmentAt(best)+segmentHead))
	s.mem.store(ctlVictim, uint64(best)+1)
	return true
}

// compactStep moves what is of use in the chosen segment elsewhere, as far as
// budget bytes go. done says that nothing is left to do there. The lock is
// held. It never writes when a session ends, so it cannot lose a touch.
func (s *Store) compactStep(budget int64) (done bool, err error) {
	s.urgent = true
	defer func() { s.urgent = false }()
	v := int(s.mem.load(ctlVictim)) - 1
	if v < 0 || v >= s.segments() {
		s.mem.store(ctlVictim, 0)
		return true, nil
	}
	at := int64(s.mem.load(ctlVictimAt))
	end := s.segmentAt(v + 1)
	tail := int64(s.mem.load(ctlTail))
	st, generation := s.state(v)
	if st != segLog || at < s.segmentAt(v)+segmentHead || at > end || at&7 != 0 ||
		tail != 0 && s.segmentOf(tail-1) == v || s.isPending(v) {
		s.mem.store(ctlVictim, 0)
		return true, nil
	}
	for at+recHead <= end && budget > 0 && (s.live(v) > 0 || s.tombs(v) > 0) {
		n, err := s.moveEntry(v, at, end, generation)
		if err != nil {
			return false, err
		}
		at += n
		budget -= n
		s.mem.store(ctlVictimAt, uint64(at))
	}
	if budget <= 0 && at+recHead <= end {
		return false, nil
	}
	if err := s.emptied(v, generation); err != nil {
		return false, err
	}
	return true, nil
}

// moveEntry looks at what is at an offset of a segment, moves it if it is of
// use, and returns how far the next entry may be.
func (s *Store) moveEntry(v int, at, end int64, generation uint32) (n int64, err error) {
	head := entry(s.moving[:recHead])
	s.mem.read(head, at)
	if head.generation() != generation || !head.headWhole() || at+head.size() > end {
		return 8, nil
	}
	n = head.size()
	if head.tombstone() {
		err := s.moveTombstone(v, at, head)
		return n, err
	}
	t := s.table()
	id := head.id()
	from := refOf(at, head.seq())
	slot, r := s.find(&t, &id)
	if r != from {
		return n, nil // a later one has taken its place
	}
	off, err := s.copyEntryTo(head, at, n)
	if err != nil {
		return 0, err
	}
	point("compact.move")
	if mutant("compact.write-expiry") {
		s.mem.store(slot+slotExpiry, uint64(expiryOf(head.expires(), expiry(s.mem.load(slot+slotExpiry)).tag())))
	}
	to := refOf(off, head.seq())
	s.mem.store(slot+slotRef, uint64(to))
	s.shift(from, to, n, n)
	return n, nil
}

// copyEntryTo appends a copy of the entry of n bytes at an offset. It keeps
// its number: the log is in the order of numbers, not of places.
func (s *Store) copyEntryTo(head entry, at, n int64) (off int64, err error) {
	if off, err = s.reserve(n); err != nil {
		return 0, err
	}
	if int64(cap(s.moving)) < n {
		grown := make([]byte, n)
		copy(grown, head)
		s.moving = grown
	}
	e := entry(s.moving[:n])
	s.mem.read(e[recHead:], at+recHead)
	_, generation := s.state(s.segmentOf(off))
	e.setU32(recGeneration, generation)
	e.sealHead()
	if e.tombstone() {
		s.addTombs(s.segmentOf(off), recHead)
	}
	point("compact.copy")
	s.mem.write(e, off)
	s.claim(off, n)
	return off, nil
}

// moveTombstone moves a tombstone if some segment may have what it stands
// against.
//
// Whoever dies here may leave it counted twice, never not at all: the loop over
// the segment ends when none is counted any more.
func (s *Store) moveTombstone(v int, at int64, head entry) error {
	seq := head.seq()
	needed := head.horizon() > millis(s.opts.Now())
	if needed {
		needed = s.olderSegment(v, seq)
	}
	if needed && !mutant("compact.drop-tombstone") {
		if _, err := s.copyEntryTo(head, 0, recHead); err != nil {
			return err
		}
	}
	s.mem.store(ctlVictimAt, uint64(at+recHead))
	s.addTombs(v, -recHead)
	return nil
}

// olderSegment reports whether a segment other than v began before a number.
// What was deleted then can be in such a one only: a copy is made of what is
// live. The answer may be an old one, which errs on the side of keeping.
func (s *Store) olderSegment(v int, seq uint64) bool {
	x := &s.oldest
	if born := s.mem.load(entryAt(v, entBorn)); x.than != born {
		x.than, x.born = born, ^uint64(0)
		all := s.ledger()
		for n := range all.len() {
			if n != v && all.records(n) {
				x.born = min(x.born, all.born(n))
			}
		}
	}
	return x.born < seq
}

// emptied ends the compaction of a segment. It is not free yet: what was moved
// out of it, and what has taken the place of what was not, must be on the disk
// first.
func (s *Store) emptied(v int, generation uint32) error {
	if s.live(v) != 0 {
		if err := s.dropDamagedIn(v); err != nil {
			return err
		}
	}
	point("compact.empty")
	s.setState(v, segEmptied, generation)
	s.measured.emptied++
	s.mem.store(ctlVictim, 0)
	if s.mem.load(ctlFlags)&flagLossy != 0 || mutant("compact.free-at-once") {
		// No disk has promised to keep anything.
		s.mem.zero(s.segmentAt(v), segmentHead)
		point("compact.free")
		s.setState(v, segFree, 0)
	}
	return nil
}

// dropDamagedIn takes records out of the index that are in a segment but cannot
// be found there: their heads are damaged, so they are lost anyway.
func (s *Store) dropDamagedIn(v int) error {
	t := s.table()
	from, end := s.segmentAt(v), s.segmentAt(v+1)
	for slot, r := range s.all(&t) {
		if off := r.offset(); r.inUse() && off >= from && off < end {
			if err := s.dropDamaged(&t, slot, r); err != nil {
				return err
			}
		}
	}
	s.sicken() // the figures are wrong
	return nil
}

// freeEmptied frees the segments that have been emptied, all at once: the
// disk is waited for twice, however many they are. No lock is held meanwhile.
func (s *Store) freeEmptied(ctx context.Context) error {
	s.owed.Store(0)
	var spans []span
	err := s.locked(ctx, func() error {
		spans = s.allEmptied()
		return s.intact() // or what was moved may not be on the disk
	})
	if err != nil || len(spans) == 0 {
		return err
	}
	point("compact.sync")
	if !mutant("compact.skip-sync") {
		if err := s.syncLog(ctx, (*Store).unsyncedLive); err != nil {
			return err
		}
	}
	if err := s.zeroHeads(ctx, spans); err != nil {
		return err
	}
	return s.locked(ctx, func() error {
		for _, x := range spans {
			if !s.stillEmptied(x) {
				continue
			}
			point("compact.free")
			last := s.segmentOf(x.end - 1)
			for n := last; n >= x.segment; n-- {
				s.setState(n, segFree, 0)
			}
		}
		return nil
	})
}

// allEmptied returns the segments that have been emptied.
func (s *Store) allEmptied() (spans []span) {
	all := s.ledger()
	for n := range all.len() {
		if all.state(n) == segEmptied {
			spans = append(spans, span{n, s.segmentAt(n), s.segmentAt(n + all.parts(n)), all.born(n)})
		}
	}
	return spans
}

// stillEmptied reports whether nobody else has freed a segment meanwhile.
func (s *Store) stillEmptied(x span) bool {
	st, _ := s.state(x.segment)
	return st == segEmptied && s.mem.load(entryAt(x.segment, entBorn)) == x.born
}

// fewHeads is up to how many heads are brought to the disk one by one.
const fewHeads = 8

// zeroHeads makes segments unknown to whoever rebuilds the file.
func (s *Store) zeroHeads(ctx context.Context, spans []span) error {
	none := make([]byte, segmentHead)
	few := len(spans) <= fewHeads
	err := s.locked(ctx, func() error {
		for _, x := range spans {
			if !s.stillEmptied(x) {
				continue
			}
			point("compact.zero")
			if _, err := s.disk.WriteAt(none, x.off); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !few {
		err = s.disk.Sync()
	}
	for _, x := range spans {
		if few && err == nil {
			err = s.disk.SyncRange(none, x.off)
		}
	}
	if err = s.kept(err); err != nil {
		return s.fails(ctx, s.locked, err)
	}
	return nil
}
