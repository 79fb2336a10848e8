package filestore

import (
	"path"

	"github.com/coatcheck/coatcheck"
)

// sweepEntry removes an entry if no record of that owner has the ID. Like
// sweepFile it looks again under the lock, which an entry and its record are
// made under.
func (b *batch) sweepEntry(e entry) error {
	f, err := b.open(e.id[0], false)
	if err == nil {
		var litter bool
		if litter, err = isLitter(f, e); !litter && err == nil {
			return nil
		}
	}
	if err != nil && !isMissing(err) {
		return failed("sweep", e.id, err)
	}
	return b.locked(b.ctx, "sweep", e.id, func(h hold) error {
		litter, err := isLitter(h.folder, e)
		if err != nil || !litter {
			return err
		}
		err = b.owners.Remove(path.Join(e.dir(), e.name()))
		if isMissing(err) {
			return nil
		}
		return err
	})
}

// isLitter reports whether an entry's record is gone, or another owner's. A
// damaged record may be anybody's.
func isLitter(f folder, e entry) (bool, error) {
	_, owner, err := readHead(f, e.id)
	switch {
	case isMissing(err):
		return true, nil
	case isCorrupt(err):
		return false, nil
	case err != nil:
		return false, err
	}
	return owner == "" || entryOf(owner, coatcheck.ID{}).owner != e.owner, nil
}
