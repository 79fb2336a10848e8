package hashstore

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (rec *coatcheck.Record, err error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	now := millis(s.opts.Now())
	if s.mem.base == nil {
		err = s.locked(ctx, func() (err error) {
			rec, err = s.read(&id, now)
			return err
		})
		return rec, err
	}
	for tries := 0; ; tries++ {
		rec, err := s.read(&id, now)
		if err != errMoved {
			return rec, err
		}
		if err := s.breathe(ctx, tries); err != nil {
			return nil, err
		}
	}
}

// errMoved means that somebody changed what was being read.
var errMoved = errors.New("it changed meanwhile")

// breathe lets whoever makes us try again go on.
func (s *Store) breathe(ctx context.Context, tries int) error {
	if tries < spins {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	runtime.Gosched()
	return nil
}

// read finds a record and makes a private copy. Without the lock it returns
// errMoved when the record or the index was changed.
func (s *Store) read(id *coatcheck.ID, now int64) (*coatcheck.Record, error) {
	return s.readIn(s.mem.load(ctlTable), id, now)
}

// readIn is read with the place of the index that was loaded before.
func (s *Store) readIn(word uint64, id *coatcheck.ID, now int64) (*coatcheck.Record, error) {
	t := s.tableOf(word)
	slot, r := s.find(&t, id)
	if r == refEmpty {
		if s.mem.load(ctlTable) != word && !mutant("load.trust-miss") {
			return nil, errMoved
		}
		return nil, coatcheck.ErrNotFound
	}
	return s.readSlot(&t, slot, r, id, now)
}

// readSlot copies the record of a slot in use.
func (s *Store) readSlot(t *table, slot int64, r ref, id *coatcheck.ID, now int64) (*coatcheck.Record, error) {
	ends := expiry(s.mem.load(slot + slotExpiry)).ms()
	e, err := s.copyEntry(r)
	if !mutant("load.no-recheck") && (ref(s.mem.load(slot+slotRef)) != r || s.mem.load(ctlTable) != t.ref) {
		return nil, errMoved
	}
	if err != nil {
		return nil, err
	}
	if !mutant("load.skip-checksum") && (!e.headWhole() || !e.bodyWhole() || e.tombstone()) || refOf(r.offset(), e.seq()) != r {
		return nil, corrupt("the record is damaged")
	}
	if e.id() != *id && !mutant("index.truncated-key") {
		return nil, corrupt("the record is another's")
	}
	ends = min(max(ends, e.expires()), e.deadline())
	if now >= ends && (!mutant("expiry.off-by-one") || now > ends) {
		return nil, coatcheck.ErrNotFound
	}
	rec, err := e.decode()
	if err != nil {
		return nil, err
	}
	rec.Expires = clock(ends)
	return rec, nil
}

// copyEntry returns a private copy of the record at r. Without the lock its
// length may be anything.
func (s *Store) copyEntry(r ref) (entry, error) {
	off := r.offset()
	if off < dataAt+segmentHead {
		return nil, corrupt("the index is damaged; see Repair")
	}
	lens := s.mem.load(off + recOwnerLen)
	n := recHead + int64(lens&(1<<32-1)) + int64(lens>>32) + int64(s.mem.load(off+recDataLen)&(1<<32-1))
	room := s.segmentAt(s.segmentOf(off)+1) - off
	if n > room && (n > maxRecord || (off-dataAt)%s.head.segment != segmentHead || off+n > s.segmentAt(s.segments())) {
		return nil, corrupt("the length of the record is out of bounds")
	}
	if s.mem.base != nil {
		if mutant("load.reuse-buffer") {
			return s.mem.view(off, int(n)), nil
		}
		return append(entry(nil), s.mem.view(off, int(n))...), nil // which need not be cleared first
	}
	e := make(entry, n)
	s.mem.read(e, off)
	return e, nil
}

// Touch implements [coatcheck.Store]. A touch that no later change of the
// session follows may be forgotten when the machine stops.
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classTouch))
	now, to := millis(s.opts.Now()), millis(expires)
	if s.mem.base == nil {
		return s.locked(ctx, func() error { return s.touch(&id, to, now) })
	}
	for tries := 0; ; tries++ {
		edition := s.mem.load(ctlEdition)
		if edition&1 != 0 {
			// The index is moving to another place: wait for that.
			if err := s.locked(ctx, s.settled); err != nil {
				return err
			}
			continue
		}
		err := s.touch(&id, to, now)
		point("touch.check")
		if err != errMoved && s.mem.load(ctlEdition) == edition {
			return err
		}
		if err := s.breathe(ctx, tries); err != nil {
			return err
		}
	}
}

// settled makes sure that the index is not on the move. The lock is held, so that
// nobody moves it, and whoever died doing so has been repaired after.
func (s *Store) settled() error {
	if s.mem.load(ctlEdition)&1 != 0 {
		s.repairIndex() // the count is damaged
	}
	return nil
}

// touch moves the end of a session in its slot. The log is not written to.
func (s *Store) touch(id *coatcheck.ID, to, now int64) error {
	t := s.table()
	at := t.home(s.hash(id))
	for range maxProbe {
		word := s.mem.load(at + slotExpiry)
		r := ref(s.mem.load(at + slotRef))
		if r == refEmpty {
			break
		}
		if r.inUse() && s.holds(at, id) {
			return s.touchSlot(at, r, word, to, now)
		}
		at += slotSize
	}
	return coatcheck.ErrNotFound
}

func (s *Store) touchSlot(slot int64, r ref, word uint64, to, now int64) error {
	deadline := int64(s.mem.load(slot+slotDeadline) >> 16)
	cur := expiry(word)
	ends := min(cur.ms(), deadline)
	if now >= ends && !mutant("touch.revive") {
		if ref(s.mem.load(slot+slotRef)) != r {
			return errMoved
		}
		return coatcheck.ErrNotFound
	}
	if !mutant("touch.no-cap") {
		to = min(to, deadline)
	}
	if to <= ends && !mutant("touch.backwards") {
		return nil
	}
	point("touch.swap")
	if !s.mem.swap(slot+slotExpiry, word, uint64(expiryOf(to, cur.tag()))) {
		return errMoved
	}
	return nil
}
