package hashstore

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/coatcheck/coatcheck"
)

var errOwner = fmt.Errorf("hashstore: %w: the owner is empty", coatcheck.ErrInvalid)

// Sweep implements [coatcheck.Sweeper]. It looks at the index alone, some
// hundred slots at a time.
func (s *Store) Sweep(ctx context.Context, before time.Time, from string, limit int) (res coatcheck.SweepResult, err error) {
	at, begin, err := s.beginPage(ctx, from, 's', limit)
	if err != nil {
		return res, err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	err = s.locked(ctx, func() error {
		if err := s.dirty(); err != nil {
			return err
		}
		s.urgent = true // it makes room
		defer func() { s.urgent = false }()
		t := s.table()
		places, end := s.page(&t, at, begin)
		for i, p := range places {
			if res.Deleted == limit {
				res.Next = places[i-1].text('s')
				return nil
			}
			gone, _, err := s.sweepSlot(&t, p.slot, millis(before))
			if err != nil {
				return err
			}
			if gone {
				res.Deleted++
			}
		}
		if end.hash != 0 {
			res.Next = end.text('s')
		}
		return nil
	})
	return res, err
}

// Stat implements [coatcheck.Stater]. Bytes is what live records occupy in the
// file; a limit of MaxBytes is one of the whole file.
func (s *Store) Stat(ctx context.Context) (st coatcheck.StoreStats, err error) {
	if err := s.usable(ctx); err != nil {
		return st, err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	err = s.locked(ctx, func() error {
		records := int64(s.mem.load(ctlRecords))
		st = coatcheck.StoreStats{
			Records:    records,
			Anonymous:  records - int64(s.mem.load(ctlOwned)),
			Bytes:      int64(s.mem.load(ctlLive)),
			MaxRecords: int64(s.opts.MaxSessions),
			MaxBytes:   s.opts.MaxBytes,
			Evicted:    s.evicted.Load(),
			Refused:    s.refused.Load(),
		}
		return nil
	})
	return st, err
}
