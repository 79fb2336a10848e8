package hashstore

import (
	"context"
	"fmt"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// DieLocked is Die with the lock held, when nothing was changed.
func DieLocked(t testing.TB, s *Store) {
	t.Helper()
	if err := s.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	Die(s)
}

// DieDirtying is Die with the lock held, when the file has been marked as one in
// use without durability, and nothing else knows of it yet.
func DieDirtying(t testing.TB, s *Store) {
	t.Helper()
	if err := s.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.identify(flagLossy); err != nil {
		t.Fatal(err)
	}
	Die(s)
}

// DieClaiming is Die with the lock held, when a new record is in the log and not
// in the index yet.
func DieClaiming(t testing.TB, s *Store, rec *coatcheck.Record) {
	t.Helper()
	if err := s.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := &change{op: classPut, id: rec.ID, rec: rec, fresh: true, now: millis(s.opts.Now())}
	var err error
	if c.buf, err = encode(nil, rec, 0); err != nil {
		t.Fatal(err)
	}
	tab := s.table()
	if err := s.prepare(&tab, c); err != nil {
		t.Fatal(err)
	}
	if err := s.place(c, int64(len(c.buf))); err != nil {
		t.Fatal(err)
	}
	s.mem.write(c.buf, c.off)
	s.claim(c.off, int64(len(c.buf)))
	Die(s)
}

// SpoilHead changes a byte in the head of a record.
func SpoilHead(t testing.TB, s *Store, id coatcheck.ID) {
	t.Helper()
	Hold(t, s, func() {
		tab := s.table()
		_, r := s.find(&tab, &id)
		if !r.inUse() {
			t.Fatal("SpoilHead: no such record")
		}
		s.mem.write([]byte{0xff}, r.offset()+recCreated)
	})
}

// LeadsSegment reports whether a record is the first of its segment.
func LeadsSegment(t testing.TB, s *Store, id coatcheck.ID) (first bool, segment int) {
	t.Helper()
	Hold(t, s, func() {
		tab := s.table()
		_, r := s.find(&tab, &id)
		segment = s.segmentOf(r.offset())
		first = r.offset() == s.segmentAt(segment)+segmentHead
	})
	return first, segment
}

// ShortCount returns an error if a segment counts fewer bytes of tombstones than
// it has; of the one that is being compacted, than are left to be looked at.
func ShortCount(s *Store) error {
	return s.locked(context.Background(), func() error {
		all := s.ledger()
		for n := range all.len() {
			if all.state(n) != segLog {
				continue
			}
			from, found := int64(segmentHead), int64(0)
			if s.mem.load(ctlVictim) == uint64(n)+1 {
				from = int64(s.mem.load(ctlVictimAt)) - s.segmentAt(n)
			}
			b := entry(s.mem.view(s.segmentAt(n), int(s.head.segment)))
			for at := from; at+recHead <= int64(len(b)); at += 8 {
				e := b[at:]
				if e.generation() == all.generation(n) && e.tombstone() && e.headWhole() {
					found += recHead
				}
			}
			if got := all.tombs(n); got < found {
				return fmt.Errorf("segment %d counts %d bytes of tombstones and has %d", n, got, found)
			}
		}
		return nil
	})
}
