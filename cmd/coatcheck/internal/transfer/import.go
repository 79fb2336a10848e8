package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Clash says what to do about a session that TO has already, in another form.
type Clash int

const (
	// ClashStop ends the import with [coatcheck.ErrExists]. It is the default.
	ClashStop Clash = iota

	// ClashSkip leaves TO's session as it is.
	ClashSkip

	// ClashReplace puts the export's in its place.
	ClashReplace
)

// An Import says what to import, and how. From and To must be set; for the rest
// the zero value is the default.
type Import struct {
	// From is where the lines come from.
	From io.Reader

	// To is the store that they go to.
	To coatcheck.Store

	// Clash is for sessions that TO has in another form.
	Clash Clash

	// DryRun changes nothing.
	DryRun bool

	// Total is how many sessions there are, if somebody knows.
	Total int64

	// Batch, Workers, Rate, Patience, Now and Progress are as in [Copy].
	Batch, Workers, Rate int
	Patience             time.Duration
	Now                  func() time.Time
	Progress             func(Progress)
}

// An ImportResult is what an import did. It counts sessions, and nothing that the
// library keeps beside them.
type ImportResult struct {
	Created  int64 `json:"created"`  // sessions that were new to TO
	Replaced int64 `json:"replaced"` // that were put in the place of others
	There    int64 `json:"there"`    // that were there already, the same
	Skipped  int64 `json:"skipped"`  // that were there in another form, and stayed
	Expired  int64 `json:"expired"`  // that had expired, and were left out
	Refused  int64 `json:"refused"`  // that TO does not take
}

// Done counts the sessions that TO has now from the import.
func (r *ImportResult) Done() int64 { return r.Created + r.Replaced + r.There }

// Run imports. It may be started again after an error or a kill: what TO has
// already is left as it is. The error is nil only if the export was whole to
// its last line, of which nobody knows before it has been read; see [Check].
func (m Import) Run(ctx context.Context) (res ImportResult, err error) {
	setTo(&m.Batch, defaultBatch)
	setTo(&m.Workers, defaultWorkers)
	setTo(&m.Patience, defaultPatience)
	setTo(&m.Total, -1)
	if m.Now == nil {
		m.Now = time.Now
	}
	lines, err := newLineReader(m.From)
	if err != nil {
		return res, err
	}
	meter, p := newMeter(m.Progress, Importing, m.Total), pace{rate: m.Rate}
	for end := false; !end; {
		var batch []*coatcheck.Record
		for len(batch) < m.Batch && !end {
			rec, err := lines.record()
			switch {
			case err == io.EOF:
				end = true
			case err != nil:
				return res, err
			default:
				batch = append(batch, rec)
			}
		}
		if err := p.wait(ctx, len(batch)); err != nil {
			return res, err
		}
		if err := m.batch(ctx, batch, &res); err != nil {
			return res, err
		}
		meter.step(len(batch), res.Created+res.Replaced)
	}
	return res, nil
}

// batch imports some records.
func (m *Import) batch(ctx context.Context, recs []*coatcheck.Record, res *ImportResult) error {
	counts := make([]*int64, len(recs))
	err := crew(ctx, m.Workers, len(recs), func(ctx context.Context, i int) (err error) {
		counts[i], err = m.one(ctx, recs[i], res)
		return err
	})
	for i, n := range counts {
		if n != nil && isSession(recs[i]) {
			*n++
		}
	}
	return err
}

// one imports a record and returns which count it belongs to.
func (m *Import) one(ctx context.Context, rec *coatcheck.Record, res *ImportResult) (count *int64, err error) {
	t := target{m.To, m.Now}
	err = insist(ctx, m.Patience, func() error {
		for range maxRaces {
			if !rec.Live(m.Now()) {
				count = &res.Expired
				return nil
			}
			var err error
			if count, err = m.try(ctx, t, rec, res); err != errRace {
				return err
			}
		}
		return errRaces
	})
	if errors.Is(err, coatcheck.ErrTooLarge) || errors.Is(err, coatcheck.ErrInvalid) {
		return &res.Refused, nil
	}
	if err != nil {
		return nil, err
	}
	return count, nil
}

// try is one attempt.
func (m *Import) try(ctx context.Context, t target, rec *coatcheck.Record, res *ImportResult) (*int64, error) {
	cur, err := m.To.Load(ctx, rec.ID)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		if m.DryRun {
			return &res.Created, nil
		}
		return &res.Created, race(m.To.Create(ctx, rec))
	case errors.Is(err, coatcheck.ErrCorrupt) && !m.DryRun:
		if err := m.To.Delete(ctx, rec.ID); err != nil {
			return nil, err
		}
		return nil, errRace
	case errors.Is(err, coatcheck.ErrCorrupt):
		return &res.Created, nil
	case err != nil:
		return nil, err
	case cur.Version == rec.Version && same(cur, rec):
		if m.DryRun {
			return &res.There, nil
		}
		return &res.There, t.touch(ctx, rec, cur)
	case m.Clash == ClashSkip:
		return &res.Skipped, nil
	case m.Clash == ClashReplace:
		if m.DryRun {
			return &res.Replaced, nil
		}
		return m.replace(ctx, t, rec, cur, res)
	}
	return nil, fmt.Errorf("%w: %s, in another form", coatcheck.ErrExists, rec.ID.Short())
}

// replace puts rec in the place of cur. If it may not replace it, that one is
// ended first.
func (m *Import) replace(ctx context.Context, t target, rec, cur *coatcheck.Record, res *ImportResult) (*int64, error) {
	if follows(rec, cur) {
		return &res.Replaced, race(m.To.Replace(ctx, rec, cur.Version))
	}
	if err := t.end(ctx, cur); err != nil {
		return nil, err
	}
	return &res.Replaced, race(m.To.Create(ctx, rec))
}
