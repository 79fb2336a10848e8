package transfer_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// A copy makes TO have what FROM has, to the byte, whatever it is.
func TestCopy(t *testing.T) {
	from, to := inMemory(), inFile(t)
	recs := fill(t, from, 250)
	must(t, from.Replace(t.Context(), stubbed(recs[0]), recs[0].Version))
	res := whole(t, between(t, from, to))
	equal(t, from, to)
	if res.Created != 250 || res.Verified != 250 || res.Passes != 2 || res.Again {
		t.Errorf("the result is %+v", res)
	}
}

// A further run carries over what has changed, and nothing else.
func TestChangesAreCarriedOver(t *testing.T) {
	from, to := inFile(t), inMemory()
	recs := fill(t, from, 100)
	c := between(t, from, to)
	whole(t, c)
	ctx := t.Context()
	must(t, from.Replace(ctx, changed(recs[0]), recs[0].Version))
	must(t, from.Replace(ctx, stubbed(recs[1]), recs[1].Version))
	must(t, from.Touch(ctx, recs[2].ID, recs[2].Expires.Add(time.Hour)))
	must(t, from.Delete(ctx, recs[3].ID))
	fill(t, from, 1)
	res := whole(t, c)
	equal(t, from, to)
	if res.Created != 1 || res.Replaced != 2 || res.Touched != 1 || res.Ended != 1 || !res.Again {
		t.Errorf("the result is %+v", res)
	}
	if res = whole(t, c); res.Created+res.Replaced+res.Touched+res.Ended != 0 || res.Passes != 1 {
		t.Errorf("without a change the result is %+v", res)
	}
}

// What a record may never change under its ID, the note of a logout changes,
// since it is deleted and written anew. TO then has the new one.
func TestRecordsWrittenAnewAreCarriedOver(t *testing.T) {
	from, to := inMemory(), inMemory()
	old := fill(t, from, 1)[0]
	c := between(t, from, to)
	whole(t, c)
	next := randomRecord()
	next.ID, next.Owner, next.AuthTime = old.ID, "another", next.Created
	next.Created, next.Deadline = old.Created.Add(time.Minute), old.Deadline.Add(time.Hour)
	must(t, from.Delete(t.Context(), old.ID))
	must(t, from.Create(t.Context(), next))
	spy := &spy{Store: to, replaced: func(rec *coatcheck.Record, _ uint64) {
		if rec.Created.Equal(next.Created) {
			t.Error("it took the place of the other one by Replace")
		}
	}}
	c.To = spy
	whole(t, c)
	equal(t, from, to)
}

// A spy sees what is replaced.
type spy struct {
	coatcheck.Store
	replaced func(rec *coatcheck.Record, old uint64)
}

func (s *spy) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	s.replaced(rec, old)
	return s.Store.Replace(ctx, rec, old)
}

// What has expired in FROM is not copied.
func TestExpiredSessionsStay(t *testing.T) {
	from, to := inFile(t), inMemory()
	rec := randomRecord()
	rec.Expires = time.Now().UTC().Truncate(time.Millisecond).Add(-time.Second)
	must(t, from.Create(t.Context(), rec))
	if res := whole(t, between(t, from, to)); res.Created != 0 || len(contents(t, to)) != 0 {
		t.Errorf("TO has %v; %+v", contents(t, to), res)
	}
}

// A FROM that cannot list is refused in plain words, and leaves no state.
func TestFromMustList(t *testing.T) {
	c := between(t, struct{ coatcheck.Store }{inMemory()}, inMemory())
	_, err := c.Run(t.Context())
	if !errors.Is(err, coatcheck.ErrUnsupported) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(c.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a state: %v", err)
	}
}

// A TO that cannot list is verified all the same.
func TestToNeedNotList(t *testing.T) {
	from, to := inMemory(), inMemory()
	fill(t, from, 50)
	if res := whole(t, between(t, from, struct{ coatcheck.Store }{to})); res.Verified != 50 {
		t.Errorf("the result is %+v", res)
	}
	equal(t, from, to)
}

// A state belongs to its two stores, and to one copy at a time.
func TestStateIsTied(t *testing.T) {
	c := between(t, inMemory(), inMemory())
	whole(t, c)
	other := c
	other.ToName = "c"
	if _, err := other.Run(t.Context()); !errors.Is(err, transfer.ErrState) {
		t.Errorf("for another store the error is %v", err)
	}
	var second error
	c.Progress = func(transfer.Progress) { _, second = c.Run(context.Background()) }
	whole(t, c)
	if !errors.Is(second, transfer.ErrState) || !errors.Is(second, coatcheck.ErrConflict) {
		t.Errorf("for a second copy the error is %v", second)
	}
}

// A file that is something else is neither taken for a state nor changed.
func TestForeignStateIsRefused(t *testing.T) {
	c := between(t, inMemory(), inMemory())
	must(t, os.WriteFile(c.State, []byte("dear diary"), 0o600))
	if _, err := c.Run(t.Context()); !errors.Is(err, transfer.ErrState) {
		t.Errorf("the error is %v", err)
	}
	if b, _ := os.ReadFile(c.State); string(b) != "dear diary" {
		t.Errorf("the file is %q", b)
	}
}

// The rate is kept to.
func TestRate(t *testing.T) {
	from := inMemory()
	fill(t, from, 30)
	c := between(t, from, inMemory())
	c.Rate = 300 // three times through 30 sessions: the last batches need no wait
	start := time.Now()
	whole(t, c)
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("90 sessions took %v at 300 a second", took)
	}
}
