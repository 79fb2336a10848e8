package coatcheck

import (
	"context"
	"fmt"
)

// StatOf returns the figures of any store that has some. It asks a [Stater];
// another store it counts by [Lister], which reads every record, and then only
// Records, Anonymous and Bytes (of the encoded data) are known. A store that
// can do neither is [ErrUnsupported].
func StatOf(ctx context.Context, store Store) (StoreStats, error) {
	can := CapabilitiesOf(store)
	if stater, ok := store.(Stater); ok && can.Stat {
		return stater.Stat(ctx)
	}
	lister, ok := store.(Lister)
	if !ok || !can.List {
		return StoreStats{}, fmt.Errorf("%w: it can neither count its sessions nor list them", ErrUnsupported)
	}
	return countListed(ctx, lister)
}

// countListed counts what a walk through the whole store meets.
func countListed(ctx context.Context, lister Lister) (StoreStats, error) {
	figures := StoreStats{Evicted: -1, Refused: -1}
	for cursor := ""; ; {
		recs, next, err := lister.List(ctx, cursor, pageSize)
		if err != nil {
			return StoreStats{}, err
		}
		for _, rec := range recs {
			figures.Records++
			figures.Bytes += int64(len(rec.Data))
			if rec.Owner == "" {
				figures.Anonymous++
			}
		}
		switch next {
		case "":
			return figures, nil
		case cursor:
			return StoreStats{}, fmt.Errorf("coatcheck: a listing does not advance")
		}
		cursor = next
	}
}

// WatchOf calls fn for each change of any store that reports changes, as
// [Watcher] says, until ctx is done. Another store is [ErrUnsupported], at
// once.
func WatchOf(ctx context.Context, store Store, fn func(Change)) error {
	watcher, ok := store.(Watcher)
	if !ok || !CapabilitiesOf(store).Watch {
		return fmt.Errorf("%w: it does not report changes", ErrUnsupported)
	}
	return watcher.Watch(ctx, fn)
}
