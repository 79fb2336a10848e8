package kvstore_test

import (
	"context"
	"slices"
	"strings"
	"testing"

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
