package kvstore_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// Keys of somebody else's making among ours end no walk, however short its
// pages are.
func TestForeignKeysEndNoWalk(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	const owner = "ada"
	recs := []*coatcheck.Record{create(t, store, record(1, owner)), create(t, store, record(3, owner))}
	for _, rec := range recs {
		for _, key := range things.keys(rec.ID.String()) { // the session's, and its entry's
			for _, end := range []string{".lock", ".lock2", ".lock3"} {
				foreign(t, things, key+end)
			}
		}
	}
	foreign(t, things, "coatcheck.s.!") // before all of ours
	for limit := 1; limit <= 4; limit++ {
		listed, owned := 0, 0
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := store.List(t.Context(), cursor, limit)
			if err != nil {
				t.Fatal(err)
			}
			listed, cursor = listed+len(page), next
		}
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := store.Owned(t.Context(), owner, cursor, limit)
			if err != nil {
				t.Fatal(err)
			}
			owned, cursor = owned+len(page), next
		}
		if listed != len(recs) || owned != len(recs) {
			t.Errorf("pages of %d: %d sessions listed, %d of the owner; want %d", limit, listed, owned, len(recs))
		}
	}
}

// A sweep goes on behind foreign keys, too, and comes to all that has ended.
func TestSweepGoesOnBehindForeignKeys(t *testing.T) {
	things := newShelf()
	store := open(t, things, nil)
	for n := byte(1); n <= 3; n++ {
		for _, key := range things.keys(create(t, store, record(n, "ada")).ID.String()) {
			foreign(t, things, key+".lock")
			foreign(t, things, key+".lock2")
		}
	}
	deleted := 0
	for cursor, more := "", true; more; more = cursor != "" {
		batch, err := store.Sweep(t.Context(), born.Add(3*time.Hour), cursor, 1)
		if err != nil {
			t.Fatal(err)
		}
		deleted, cursor = deleted+batch.Deleted, batch.Next
	}
	if left := things.keys("coatcheck."); deleted != 3 || len(left) != 12 {
		t.Errorf("%d sessions were deleted, and %d keys are left; want 3, and the 12 that are not ours", deleted, len(left))
	}
}

// foreign puts a key that no store has made.
func foreign(t *testing.T, things *shelf, key string) {
	t.Helper()
	if err := things.Put(t.Context(), key, []byte("x"), kvstore.None, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// Two stores whose prefixes begin alike leave each other's sessions and entries
// alone, even where one's sessions stand among the other's entries.
func TestSweepLeavesOtherPrefixesAlone(t *testing.T) {
	for _, inner := range []string{"video.", "videos.", "vides.", "vides.s.", "video.o.", "vide2."} {
		things := newShelf()
		outer := openAt(t, things, "vide")
		other := openAt(t, things, inner)
		rec := create(t, other, record(1, "ada"))
		sweep(t, outer)
		if _, err := other.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("%s: a session after the sweep of %q: %v", inner, "vide", err)
		}
		ids, _, err := other.Owned(t.Context(), "ada", "", 10)
		if err != nil || len(ids) != 1 {
			t.Errorf("%s: %d sessions of the owner, %v; want 1", inner, len(ids), err)
		}
		if recs, _, err := outer.List(t.Context(), "", 10); err != nil || len(recs) != 0 {
			t.Errorf("%s: %q lists %d of them, %v", inner, "vide", len(recs), err)
		}
	}
}

// openAt opens a store under a prefix.
func openAt(t *testing.T, kv kvstore.KV, prefix string) *kvstore.Store {
	t.Helper()
	store, err := kvstore.New(kv, &kvstore.Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
