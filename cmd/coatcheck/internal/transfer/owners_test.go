package transfer_test

import (
	"errors"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// What TO's own users have changed or created is theirs, whatever FROM does.
func TestOwnSessionsAreLeftAlone(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs, ctx := fill(t, from, 4), t.Context()
	own := fill(t, to, 1)[0]
	c := between(t, from, to)
	whole(t, c)
	var theirs []*coatcheck.Record
	for _, rec := range recs {
		next := changed(rec)
		must(t, to.Replace(ctx, next, rec.Version))
		theirs = append(theirs, next)
	}
	must(t, from.Replace(ctx, changed(recs[0]), recs[0].Version))
	must(t, from.Delete(ctx, recs[1].ID))
	must(t, from.Touch(ctx, recs[2].ID, recs[2].Deadline))
	res := whole(t, c)
	if res.Kept != 4 || res.Own != 1 || res.Replaced+res.Ended != 0 {
		t.Errorf("the result is %+v", res)
	}
	for _, rec := range append(theirs, own) {
		got, err := to.Load(ctx, rec.ID)
		if err != nil || got.Version != rec.Version || string(got.Data) != string(rec.Data) {
			t.Errorf("TO has %+v, %v; want %+v", got, err, rec)
		}
	}
}

// A session that TO had before the copy began is TO's.
func TestOlderSessionsOfToStay(t *testing.T) {
	from, to := inMemory(), inMemory()
	rec := fill(t, from, 1)[0]
	other := changed(rec)
	must(t, to.Create(t.Context(), other))
	c := between(t, from, to)
	if res := whole(t, c); res.Kept != 1 {
		t.Errorf("the result is %+v", res)
	}
	must(t, from.Delete(t.Context(), rec.ID))
	whole(t, c)
	if got, err := to.Load(t.Context(), rec.ID); err != nil || got.Version != other.Version {
		t.Errorf("TO has %+v, %v", got, err)
	}
}

// One that is the same on both sides already is FROM's from then on.
func TestEqualSessionsAreAdopted(t *testing.T) {
	from, to := inMemory(), inMemory()
	rec := fill(t, from, 1)[0]
	must(t, to.Create(t.Context(), rec))
	c := between(t, from, to)
	whole(t, c)
	must(t, from.Delete(t.Context(), rec.ID))
	whole(t, c)
	equal(t, from, to)
}

// A session that TO's users have ended stays ended, even if FROM changes its
// own once more.
func TestSessionsEndedInToStayEnded(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs, ctx := fill(t, from, 3), t.Context()
	for i, rec := range recs {
		recs[i] = rec
		must(t, from.Touch(ctx, rec.ID, rec.Deadline))
	}
	c := between(t, from, to)
	whole(t, c)
	for _, rec := range recs {
		must(t, to.Delete(ctx, rec.ID))
	}
	must(t, from.Replace(ctx, changed(recs[0]), recs[0].Version))
	res := whole(t, c)
	if len(contents(t, to)) != 0 {
		t.Errorf("TO has %v", contents(t, to))
	}
	if res.Gone != 1 || res.Absent != 2 {
		t.Errorf("the result is %+v", res)
	}
}

// cutShort runs a copy to a TO that has just gone away.
func cutShort(t *testing.T, c transfer.Copy) {
	t.Helper()
	c.To = &faulty{Store: c.To, with: coatcheck.ErrClosed}
	if _, err := c.Run(t.Context()); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("the error is %v", err)
	}
}

// So they do if the copy that was about to change them was cut short.
func TestSessionsEndedInToStayEndedThoughACopyIsCutShort(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs, ctx := fill(t, from, 2), t.Context()
	c := between(t, from, to)
	whole(t, c)
	must(t, from.Replace(ctx, changed(recs[0]), recs[0].Version))
	must(t, from.Touch(ctx, recs[1].ID, recs[1].Deadline))
	cutShort(t, c)
	for _, rec := range recs {
		must(t, to.Delete(ctx, rec.ID))
	}
	if res := whole(t, c); len(contents(t, to)) != 0 || res.Gone != 2 {
		t.Errorf("TO has %v; the result is %+v", contents(t, to), res)
	}
}

// So do those that a copy had created which was cut short in the middle of its
// first batch.
func TestSessionsEndedInToStayEndedThoughTheirBatchIsCutShort(t *testing.T) {
	from, to := inMemory(), inMemory()
	fill(t, from, 20)
	c := between(t, from, to)
	cut := c
	cut.To = &faulty{Store: to, with: coatcheck.ErrClosed, left: 7}
	if res, err := cut.Run(t.Context()); !errors.Is(err, coatcheck.ErrClosed) || res.Created != 7 {
		t.Errorf("the result is %+v, the error %v", res, err)
	}
	for id := range contents(t, to) {
		must(t, to.Delete(t.Context(), id))
	}
	if res := run(t, c); res.Created != 13 || res.Absent != 7 || len(contents(t, to)) != 13 {
		t.Errorf("TO has %d sessions; the result is %+v", len(contents(t, to)), res)
	}
}

// A session that FROM's users renewed is ended in TO even if a copy is cut short
// and goes on only when nothing is left of it in FROM.
func TestRenewedSessionsEndInToThoughACopyIsCutShort(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	from, to := memory(clock), memory(clock)
	rec, ctx := fill(t, from, 1)[0], t.Context()
	c := between(t, from, to)
	c.Now = clock
	whole(t, c)
	must(t, from.Replace(ctx, stubbed(rec), rec.Version))
	cutShort(t, c)
	now = now.Add(2 * time.Minute)
	whole(t, c)
	if got, err := to.Load(ctx, rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("TO has %+v, %v", got, err)
	}
}

// One that has run out in TO, because nobody carried its touches over for long,
// is created again.
func TestSessionsRunOutInToComeBack(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	from, to := memory(clock), memory(clock)
	rec, ctx := fill(t, from, 1)[0], t.Context()
	c := between(t, from, to)
	c.Now = clock
	whole(t, c)
	must(t, from.Touch(ctx, rec.ID, rec.Deadline))
	cutShort(t, c)
	now = rec.Expires.Add(time.Minute)
	if res := whole(t, c); res.Created != 1 || res.Verified != 1 {
		t.Errorf("the result is %+v", res)
	}
}

// What has run out in FROM is not ended in TO, where its users may have kept it
// alive since the switch.
func TestSessionsKeptAliveInToStay(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	from, to := memory(clock), memory(clock)
	rec, ctx := fill(t, from, 1)[0], t.Context()
	c := between(t, from, to)
	c.Now = clock
	whole(t, c)
	must(t, to.Touch(ctx, rec.ID, rec.Deadline))
	now = rec.Expires.Add(time.Minute)
	whole(t, c)
	if _, err := to.Load(ctx, rec.ID); err != nil {
		t.Errorf("after it ran out in FROM: %v", err)
	}
}

// A FROM that was emptied does not empty TO, unless that is asked for.
func TestEmptiedFromIsNoticed(t *testing.T) {
	from, to := inMemory(), inMemory()
	recs := fill(t, from, 250)
	c := between(t, from, to)
	whole(t, c)
	for _, rec := range recs {
		must(t, from.Delete(t.Context(), rec.ID))
	}
	if res, err := c.Run(t.Context()); !errors.Is(err, transfer.ErrEmptied) || res.Ended != 0 || len(contents(t, to)) != 250 {
		t.Errorf("it ended %d, and the error is %v", res.Ended, err)
	}
	c.Emptied = true
	if res := whole(t, c); res.Ended != 250 {
		t.Errorf("the result is %+v", res)
	}
	equal(t, from, to)
}

// What TO cannot take is told of, and taken when it has become small enough.
func TestRefusedSessionsAreToldOf(t *testing.T) {
	from, to := inMemory(), limited{inMemory()}
	rec, ctx := fill(t, from, 3)[0], t.Context()
	large := changed(rec)
	large.Data = make([]byte, limit+1)
	must(t, from.Replace(ctx, large, rec.Version))
	c := between(t, from, to)
	res := run(t, c)
	if res.Whole() || res.Refused != 1 || res.Verified != 2 || len(res.Examples) != 1 || res.Examples[0] != rec.ID {
		t.Errorf("the result is %+v", res)
	}
	must(t, from.Replace(ctx, changed(large), large.Version))
	whole(t, c)
	equal(t, from, to.Store)
}

// A full TO ends the copy, which can be continued when there is room.
func TestFullToEndsTheCopy(t *testing.T) {
	from, to := inMemory(), inMemory()
	fill(t, from, 100)
	c := between(t, from, to)
	broken := &faulty{Store: to, left: 70, with: coatcheck.ErrFull}
	c.To = broken
	if _, err := c.Run(t.Context()); !errors.Is(err, coatcheck.ErrFull) {
		t.Errorf("the error is %v", err)
	}
	c.To = to
	whole(t, c)
	equal(t, from, to)
}
