//go:build linux

package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// CheckSlot holds a store to what the worker of a slot, which is dead, had been
// told: every value, every deadline, every deletion. What was under way may have
// happened or not; which it was is noted, so that it stays so. With early, the
// store may have forgotten touches. It returns how many values it has checked.
func CheckSlot(ctx context.Context, store coatcheck.Store, j *Journal, slot, keys int, early bool) (int, error) {
	for key := range keys {
		e := &j.Slots[slot].Entries[key]
		_, found, err := find(ctx, store, j, slot, key)
		if err != nil {
			return key, fmt.Errorf("slot %d: %w", slot, err)
		}
		if err := settle(e, found, early); err != nil {
			return key, fmt.Errorf("slot %d, key %d: %w", slot, key, err)
		}
	}
	if err := settleShared(ctx, store, j, slot); err != nil {
		return keys, fmt.Errorf("slot %d: %w", slot, err)
	}
	return keys + Shared, nil
}

// settle holds what was found to what was acknowledged or under way.
func settle(e *Entry, found Value, early bool) error {
	acked := e.Acked()
	open, ok := e.Pending()
	switch {
	case fits(found, acked, early):
		found.Put = acked.Put
	case ok && fits(found, open, early):
		found.Put = open.Put
	case ok:
		return fmt.Errorf("found %v; acknowledged was %v, and %v was under way", found, acked, open)
	default:
		return fmt.Errorf("found %v; acknowledged was %v", found, acked)
	}
	e.Settle(found)
	return nil
}

// fits reports whether found is v, or with early, v without its touches.
func fits(found, v Value, early bool) bool {
	return found.Version == v.Version &&
		(found.Expires == v.Expires || early && v.Put <= found.Expires && found.Expires < v.Expires)
}

// CheckLists holds a store, on which nobody works, to its lists: every session
// that lives is on them once, and none that does not. All slots are settled.
func CheckLists(ctx context.Context, store coatcheck.Store, j *Journal, slots, keys int) error {
	want := map[coatcheck.ID]string{}
	for n := range Shared {
		want[SharedID(n)] = ""
	}
	for slot := range slots {
		for key := range keys {
			if v := j.Slots[slot].Entries[key].Acked(); v.Version != 0 {
				want[IDOf(slot, key)] = j.record(slot, key, v).Owner
			}
		}
	}
	return errors.Join(checkList(ctx, store, want), checkOwned(ctx, store, want))
}

// checkList compares the list of all sessions with those that it must hold.
func checkList(ctx context.Context, store coatcheck.Store, want map[coatcheck.ID]string) error {
	l, ok := store.(coatcheck.Lister)
	if !ok || !coatcheck.CapabilitiesOf(store).List {
		return nil
	}
	seen := map[coatcheck.ID]bool{}
	for cursor := ""; ; {
		recs, next, err := l.List(ctx, cursor, 100)
		if err != nil {
			return fmt.Errorf("list: %w", err)
		}
		for _, rec := range recs {
			if !rec.Live(time.Now()) {
				continue
			}
			owner, ok := want[rec.ID]
			if !ok || owner != rec.Owner || seen[rec.ID] {
				return fmt.Errorf("list: session %s of owner %q is wanted: %v, for %q; listed before: %v", rec.ID.Short(), rec.Owner, ok, owner, seen[rec.ID])
			}
			seen[rec.ID] = true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seen) != len(want) {
		return fmt.Errorf("list: %d sessions of %d", len(seen), len(want))
	}
	return nil
}

// checkOwned looks for every session among those of its owner.
func checkOwned(ctx context.Context, store coatcheck.Store, want map[coatcheck.ID]string) error {
	x, ok := store.(coatcheck.OwnerIndex)
	if !ok || !coatcheck.CapabilitiesOf(store).Owners {
		return nil
	}
	byOwner := map[string]map[coatcheck.ID]bool{}
	for id, owner := range want {
		if owner != "" && byOwner[owner] == nil {
			byOwner[owner] = map[coatcheck.ID]bool{}
		}
		if owner != "" {
			byOwner[owner][id] = true
		}
	}
	for owner, left := range byOwner {
		for cursor := ""; ; {
			ids, next, err := x.Owned(ctx, owner, cursor, 100)
			if err != nil {
				return fmt.Errorf("owned: %w", err)
			}
			for _, id := range ids {
				delete(left, id)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("owned: %d sessions of %q are not found by their owner", len(left), owner)
		}
	}
	return nil
}
