package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// sweeping is the Sweep of the reference store with one step to spoil.
type sweeping struct {
	*Reference
	flaw sweepFlaw
}

// A sweepFlaw changes what Sweep is asked for.
type sweepFlaw func(s *Reference, before *time.Time, cursor *string, limit *int)

func (s sweeping) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if limit < 1 {
		return coatcheck.SweepResult{}, coatcheck.ErrInvalid
	}
	if _, err := coatcheck.ParseID(cursor); err != nil && cursor != "" {
		return coatcheck.SweepResult{}, err
	}
	s.flaw(s.Reference, &before, &cursor, &limit)
	return s.Reference.Sweep(ctx, before, cursor, limit)
}

func swept(name string, flaw sweepFlaw) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return sweeping{r, flaw} }}
}

var sweeps = []Store{
	swept("sweep-a-nanosecond-early", func(_ *Reference, before *time.Time, _ *string, _ *int) {
		*before = before.Add(time.Nanosecond)
	}),
	swept("sweep-with-the-second-rounded-up", func(_ *Reference, before *time.Time, _ *string, _ *int) {
		*before = before.Add(time.Second - 1).Truncate(time.Second)
	}),
	swept("sweep-a-nanosecond-late", func(_ *Reference, before *time.Time, _ *string, _ *int) {
		*before = before.Add(-time.Nanosecond)
	}),
	swept("sweep-by-its-own-clock", func(s *Reference, before *time.Time, _ *string, _ *int) {
		*before = s.now()
	}),
	swept("sweep-over-limit", func(_ *Reference, _ *time.Time, _ *string, limit *int) {
		*limit = examined
	}),
	{"sweep-one-batch-only", func(r *Reference) coatcheck.Store { return sweepOnce{r} }},
	{"sweep-everything", func(r *Reference) coatcheck.Store { return sweepEverything{r} }},
	{"sweep-looks-first", func(r *Reference) coatcheck.Store { return sweepLooksFirst{r} }},
}

// sweepOnce says after one batch that the sweep is complete.
type sweepOnce struct{ *Reference }

func (s sweepOnce) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	result, err := s.Reference.Sweep(ctx, before, cursor, limit)
	result.Next = ""
	return result, err
}

// sweepEverything sweeps the living too.
type sweepEverything struct{ *Reference }

func (s sweepEverything) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	return s.Reference.Sweep(ctx, before.Add(48*time.Hour), cursor, limit)
}

// sweepLooksFirst notes what has expired and deletes it by ID, whatever is
// there by then.
type sweepLooksFirst struct{ *Reference }

func (s sweepLooksFirst) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	var result coatcheck.SweepResult
	if err := s.beginPage(ctx, limit); err != nil {
		return result, err
	}
	ids, err := sorted(s.records, cursor)
	if err != nil {
		s.mu.Unlock()
		return result, err
	}
	var dead []coatcheck.ID
	ids, result.Next = cut(ids, limit)
	for _, id := range ids {
		if !s.records[id].Live(before) {
			dead = append(dead, id)
		}
	}
	s.mu.Unlock()
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range dead {
		if s.remove(id) {
			s.tell(id, 0)
			result.Deleted++
		}
	}
	return result, nil
}
