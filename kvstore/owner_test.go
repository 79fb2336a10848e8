package kvstore_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// The index of owners holds although somebody who clears away looks for a record
// before it is there, and takes its entry only after it is.
func TestEntryJudgedBeforeItsRecordStays(t *testing.T) {
	things := newShelf()
	slow := &hesitant{shelf: things, looked: make(chan struct{}), proceed: make(chan struct{})}
	store, cleaner := open(t, things, nil), open(t, slow, nil)
	swept := make(chan struct{})
	before := &interrupted{shelf: things, beforeSession: func() {
		go func() {
			defer close(swept)
			sweep(t, cleaner)
		}()
		<-slow.looked
	}}
	rec := create(t, open(t, before, nil), record(1, "ada"))
	close(slow.proceed)
	<-swept
	ids, _, err := store.Owned(t.Context(), "ada", "", 10)
	if err != nil || !slices.Equal(ids, []coatcheck.ID{rec.ID}) {
		t.Errorf("Owned: %v, %v; want the session that was created meanwhile", ids, err)
	}
}

// hesitant waits before it deletes an entry that it has looked at.
type hesitant struct {
	*shelf
	looked, proceed chan struct{}
}

func (h *hesitant) DeleteIf(ctx context.Context, key string, rev kvstore.Revision) error {
	if strings.HasPrefix(key, "coatcheck.o.") {
		close(h.looked)
		<-h.proceed
	}
	return h.shelf.DeleteIf(ctx, key, rev)
}

// A sweep goes by the time that it is given, for the entries of owners as for
// sessions: where a clock is ahead, the manager's lags for that very reason, and
// a session that others still touch must be found by its owner.
func TestSweepOfEntriesGoesByItsTime(t *testing.T) {
	things := newShelf()
	store, ahead := open(t, things, nil), open(t, things, func() time.Time { return time.Now().Add(90 * time.Minute) })
	rec := create(t, store, record(1, "ada"))
	sweep(t, ahead)
	if err := store.Touch(t.Context(), rec.ID, rec.Deadline); err != nil {
		t.Fatal(err)
	}
	ids, _, err := store.Owned(t.Context(), "ada", "", 10)
	if err != nil || !slices.Equal(ids, []coatcheck.ID{rec.ID}) {
		t.Errorf("Owned: %v, %v; want the session, which lives", ids, err)
	}
}

// A damaged record costs no sweep, and stays in the index: DestroyOwner ends it.
func TestSweepPassesDamagedRecords(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	bad, dead := create(t, store, record(1, "ada")), create(t, store, record(2, "ada"))
	things.change("coatcheck.s."+bad.ID.String(), func(b []byte) []byte { return b[:len(b)/2] })
	if err := things.Delete(t.Context(), "coatcheck.s."+dead.ID.String()); err != nil {
		t.Fatal(err)
	}
	sweep(t, store)
	ids, _, err := store.Owned(t.Context(), "ada", "", 10)
	if err != nil || !slices.Equal(ids, []coatcheck.ID{bad.ID}) {
		t.Errorf("Owned: %v, %v; want the damaged session alone", ids, err)
	}
}
