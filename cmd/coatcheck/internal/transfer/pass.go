package transfer

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// pass reads all of FROM and carries over what is not in TO yet, and then ends
// there what FROM has no longer.
func (r *run) pass(ctx context.Context) error {
	r.seen, r.met, r.read = nil, 0, 0
	for page, err := range pages(ctx, r.from, r.Batch, r.Patience) {
		if err != nil {
			return fromError(err)
		}
		if err := r.pace.wait(ctx, len(page)); err != nil {
			return err
		}
		if err := r.batch(ctx, page); err != nil {
			return err
		}
		r.read += int64(len(page))
		r.step(len(page))
	}
	return r.departed(ctx)
}

// batch carries over what is not in TO yet of some records.
func (r *run) batch(ctx context.Context, page []*coatcheck.Record) error {
	jobs, err := r.plan(ctx, page)
	if err != nil || len(jobs) == 0 {
		return err
	}
	if err := r.announce(ctx, jobs); err != nil {
		return err
	}
	err = crew(ctx, r.Workers, len(jobs), func(ctx context.Context, i int) error {
		err := jobs[i].do(ctx, r.to, r.Patience)
		jobs[i].done = err == nil
		return err
	})
	if err != nil {
		r.salvage(context.WithoutCancel(ctx), jobs)
		return toError(err)
	}
	return r.conclude(ctx, jobs)
}

// plan returns what is to be done about some records.
func (r *run) plan(ctx context.Context, page []*coatcheck.Record) (jobs []*job, err error) {
	now := r.Now()
	met := make(map[coatcheck.ID]bool, len(page))
	for _, rec := range page {
		if met[rec.ID] || !rec.Live(now) {
			continue
		}
		met[rec.ID] = true
		e, err := r.ledger.get(ctx, rec.ID)
		if err != nil {
			return nil, err
		}
		if j := r.compare(rec, e); j != nil {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// compare returns what is to be done about a record of which the ledger says e;
// nil if nothing is.
func (r *run) compare(rec *coatcheck.Record, e *entry) *job {
	if e == nil {
		return &job{rec: rec, e: new(entry), fresh: true}
	}
	r.meet(e)
	var sum digest
	sum, r.scratch = digestOf(rec, r.scratch)
	sure := r.ledger.sure(e)
	equal := sure && e.fate != fateDoubted && sum == e.sum && rec.Version == e.last()
	switch {
	case e.fate == fateKept, e.fate == fateGone, e.fate == fateRefused && equal:
		return nil
	case e.fate == fateEnded, e.fate == fateExpired:
		return &job{rec: rec, e: e, fresh: true}
	case equal && endOf(rec) <= e.expires:
		return nil
	}
	return &job{
		rec: rec, e: e, before: e.last(), until: time.UnixMilli(e.certain()),
		sure: sure && e.carried(), doubted: e.fate == fateDoubted, touched: equal, reborn: rec.Created.UnixMilli() != e.created,
	}
}

// endOf is when a record ends by itself, in milliseconds.
func endOf(rec *coatcheck.Record) int64 {
	return min(rec.Expires.UnixMilli(), rec.Deadline.UnixMilli())
}

// meet notes that this pass has met a session.
func (r *run) meet(e *entry) {
	if !r.seen.has(e.ordinal) {
		r.seen.set(e.ordinal)
		r.met++
	}
}

// announce notes in the ledger what is about to be written to TO. A version
// must be on the disk before it is in TO: else a stop of the machine could make
// a stranger's of a session that is ours.
func (r *run) announce(ctx context.Context, jobs []*job) error {
	fresh, versions := 0, false
	for _, j := range jobs {
		if j.e.stored == 0 {
			j.e.ordinal = r.ledger.head.Sessions + uint64(fresh)
			fresh++
			r.meet(j.e)
		}
		versions = versions || !j.touched
	}
	if err := r.ledger.begin(ctx, fresh); err != nil {
		return err
	}
	for _, j := range jobs {
		j.e.write(j.rec.Version, j.sure && !j.doubted)
		j.e.sum, r.scratch = digestOf(j.rec, r.scratch)
		j.e.created, j.e.expires = j.rec.Created.UnixMilli(), endOf(j.rec)
		if j.held() { // and the batch that it had is still the one to go by
			j.e.fate, j.e.until = fateDoubted, j.until.UnixMilli()
		} else {
			j.e.fate, j.e.batch = fateCarried, r.ledger.head.Batch
		}
		if err := r.ledger.put(ctx, j.rec.ID, j.e); err != nil {
			return err
		}
	}
	if !versions {
		return nil
	}
	return r.ledger.sync(ctx)
}

// conclude notes what became of a batch that is done.
func (r *run) conclude(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		if fate := r.count(j).fate(); fate != j.e.fate {
			j.e.fate = fate
			if err := r.ledger.put(ctx, j.rec.ID, j.e); err != nil {
				return err
			}
		}
	}
	r.changes += int64(len(jobs))
	r.ledger.done()
	return nil
}

// salvage notes what is done of a batch that is cut short, so that only the rest
// of it is in doubt. If it cannot, more is.
func (r *run) salvage(ctx context.Context, jobs []*job) {
	for _, j := range jobs {
		if !j.done {
			continue
		}
		j.e.fate, j.e.batch = r.count(j).fate(), batchDone
		if r.ledger.put(ctx, j.rec.ID, j.e) != nil {
			return
		}
	}
}

// count counts what was done about a session.
func (r *run) count(j *job) outcome {
	switch j.outcome {
	case outcomeCreated:
		r.res.Created++
	case outcomeReplaced:
		r.res.Replaced++
	case outcomeTouched:
		r.res.Touched++
	}
	return j.outcome
}

// fate is what an outcome means for later.
func (o outcome) fate() fate {
	switch o {
	case outcomeKept:
		return fateKept
	case outcomeGone:
		return fateGone
	case outcomeRefused:
		return fateRefused
	}
	return fateCarried
}
