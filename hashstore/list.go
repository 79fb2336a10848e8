package hashstore

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// window is how many slots a page looks at under one lock.
const window = 512

// A place is a slot in the order of hashes.
type place struct {
	cursor
	slot int64
	ref  ref
}

// List implements [coatcheck.Lister]. Damaged records are left out and logged.
func (s *Store) List(ctx context.Context, from string, limit int) (recs []*coatcheck.Record, next string, err error) {
	at, begin, err := s.beginPage(ctx, from, 'l', limit)
	if err != nil {
		return nil, "", err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	var damaged []coatcheck.ID
	err = s.locked(ctx, func() error {
		t := s.table()
		places, end := s.page(&t, at, begin)
		if len(places) > limit {
			places, end = places[:limit], places[limit-1].cursor
			next = end.text('l')
		} else if end.hash != 0 {
			next = end.text('l')
		}
		for _, p := range places {
			// What has expired may appear, so no time is too late.
			rec, err := s.readSlot(&t, p.slot, p.ref, &p.id, -1<<62)
			switch {
			case err == nil:
				recs = append(recs, rec)
			case errors.Is(err, coatcheck.ErrCorrupt):
				damaged = append(damaged, p.id)
			case err != coatcheck.ErrNotFound:
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	for _, id := range damaged { // now that nobody waits for the lock
		s.opts.Logger.WarnContext(ctx, "hashstore: a session's record is damaged", "path", s.path, "id", id)
	}
	return recs, next, nil
}

// beginPage checks the arguments of a method that pages.
func (s *Store) beginPage(ctx context.Context, from string, method byte, limit int) (at cursor, begin bool, err error) {
	if err := s.usable(ctx); err != nil {
		return cursor{}, false, err
	}
	if err := checkLimit(limit); err != nil {
		return cursor{}, false, err
	}
	return s.parseCursor(from, method)
}

// page returns the slots in use behind a cursor, in order, up to where it ends:
// with a hash of zero that is the end of all. The lock is held.
func (s *Store) page(t *table, from cursor, begin bool) (places []place, end cursor) {
	first := t.home(from.hash)
	last := first + window*slotSize // homes before it belong to the page
	limit := t.slots + slotSize<<t.bits
	if last < limit {
		end.hash = uint64((last-t.slots)/slotSize) << (64 - t.bits)
	}
	for slot := first; slot < limit+maxProbe*slotSize; slot += slotSize {
		r := ref(s.mem.load(slot + slotRef))
		if r == refEmpty && slot >= last {
			break // what has its home before cannot be behind it
		}
		if slot >= last+maxProbe*slotSize {
			break
		}
		if !r.inUse() {
			continue
		}
		p := place{slot: slot, ref: r}
		s.mem.read(p.id[:], slot+slotID)
		p.hash = s.hash(&p.id)
		if (end.hash == 0 || p.hash < end.hash) && (begin || p.compare(from) > 0) {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b place) int { return a.compare(b.cursor) })
	return places, end
}

// Owned implements [coatcheck.OwnerIndex]. A page takes time in proportion to
// all sessions of the owner.
func (s *Store) Owned(ctx context.Context, owner, from string, limit int) (ids []coatcheck.ID, next string, err error) {
	at, begin, err := s.beginPage(ctx, from, 'o', limit)
	if err != nil {
		return nil, "", err
	}
	if owner == "" {
		return nil, "", errOwner
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	var all []cursor
	err = s.locked(ctx, func() error {
		t := s.table()
		return s.owned(&t, owner, func(id coatcheck.ID) {
			if c := (cursor{s.hash(&id), id}); begin || c.compare(at) > 0 {
				all = append(all, c)
			}
		})
	})
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(all, cursor.compare)
	if len(all) > limit {
		all = all[:limit]
		next = all[limit-1].text('o')
	}
	for _, c := range all {
		ids = append(ids, c.id)
	}
	return ids, next, nil
}

// owned yields the IDs of an owner's records. The lock is held.
func (s *Store) owned(t *table, owner string, yield func(coatcheck.ID)) error {
	steps := s.mem.load(ctlUsed) + 1
	for n := s.mem.load(s.ownerBucket(t, []byte(owner))); n != 0; {
		if steps--; steps == 0 {
			s.sicken() // the chain is a ring
			return corrupt("the index is damaged; it is repaired now, so try again")
		}
		slot := t.slot(n)
		r := ref(s.mem.load(slot + slotRef))
		n = chainNext(s.mem.load(slot + slotChain))
		if !r.inUse() {
			continue
		}
		head := make(entry, recHead)
		s.mem.read(head, r.offset())
		if !head.headWhole() || int(head.u32(recOwnerLen)) != len(owner) || string(s.ownerAt(r, head)) != owner {
			continue
		}
		yield(head.id())
	}
	return nil
}
