package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
)

// A sample is what is known at one moment, as --json prints it. What is not
// known is left out.
type sample struct {
	At        time.Time `json:"at"`
	Records   *int64    `json:"records,omitempty"`
	Anonymous *int64    `json:"anonymous,omitempty"`
	Bytes     *int64    `json:"bytes,omitempty"`
	Moves     *moves    `json:"changes,omitempty"` // since the sample before
}

// Moves are what has changed in some time.
type moves struct {
	Created *int64 `json:"created,omitempty"` // saved ones, if nobody can tell them apart
	Saved   int64  `json:"saved"`
	Ended   int64  `json:"ended"`
	Lost    bool   `json:"lost,omitempty"` // there were more
}

// A sampler takes samples of a store.
type sampler struct {
	job  *job
	list bool // read all sessions each time, and compare

	mu      sync.Mutex
	watched *moves // what a Watcher has reported since the last sample; nil without one
	broken  error  // it reports no more

	seen map[coatcheck.ID]uint64 // versions at the last sample
}

// watch lets the store report its changes, if it can, until ctx is done.
func (s *sampler) watch(ctx context.Context) {
	if s.list || !coatcheck.CapabilitiesOf(s.job.store).Watch {
		return
	}
	s.watched = &moves{}
	go func() {
		err := coatcheck.WatchOf(ctx, s.job.store, s.note)
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil {
			s.broken = fmt.Errorf("it reports no more changes: %w", err)
		}
	}()
}

// note counts a change.
func (s *sampler) note(c coatcheck.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.Lost:
		s.watched.Lost = true
	case c.Version == 0:
		s.watched.Ended++
	default:
		s.watched.Saved++
	}
}

// take takes a sample.
func (s *sampler) take(ctx context.Context) (*sample, error) {
	now := &sample{At: time.Now().UTC().Truncate(time.Millisecond)}
	if s.list {
		return now, s.compare(ctx, now)
	}
	st, err := coatcheck.StatOf(ctx, s.job.store)
	if err == nil {
		now.know(st)
	} else if !errors.Is(err, coatcheck.ErrUnsupported) || s.watched == nil {
		if errors.Is(err, coatcheck.ErrUnsupported) {
			err = listing.Unable("be watched: it neither counts its sessions nor reports changes")
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched != nil {
		now.Moves, s.watched = s.watched, &moves{}
	}
	return now, s.broken
}

// know takes over the figures that there are.
func (s *sample) know(st coatcheck.StoreStats) {
	for _, f := range []struct {
		to   **int64
		from int64
	}{{&s.Records, st.Records}, {&s.Anonymous, st.Anonymous}, {&s.Bytes, st.Bytes}} {
		if f.from >= 0 {
			*f.to = &f.from
		}
	}
}

// compare reads all records, and finds out which sessions are new, changed and
// gone.
func (s *sampler) compare(ctx context.Context, now *sample) error {
	found := map[coatcheck.ID]uint64{}
	var records, anonymous, bytes, created int64
	changed := &moves{Created: &created}
	for rec, err := range s.job.records(ctx) {
		if err != nil {
			return err
		}
		records++
		bytes += int64(len(rec.Data))
		if _, err := rec.Info(); errors.Is(err, coatcheck.ErrNotFound) {
			continue // what is left of a session is a record, and no more
		}
		found[rec.ID] = rec.Version
		if rec.Owner == "" {
			anonymous++
		}
		switch version, there := s.seen[rec.ID]; {
		case !there:
			created++
		case version != rec.Version:
			changed.Saved++
		}
	}
	for id := range s.seen {
		if _, there := found[id]; !there {
			changed.Ended++
		}
	}
	now.Records, now.Anonymous, now.Bytes = &records, &anonymous, &bytes
	if s.seen != nil {
		now.Moves = changed
	}
	s.seen = found
	return nil
}
