package ring

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck"
)

// fencesID is the ID under which each member keeps the notes. No token has it,
// but by a collision of SHA-256.
var fencesID = coatcheck.ID(sha256.Sum256([]byte("coatcheck/ring/fences")))

// encode writes the notes as they are stored, in the order of the names:
//
//	1  length of the name
//	   name
//	8  epoch, big-endian
//	1  state: 0 out, 1 returning, 2 in
func (f fences) encode() (b []byte) {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = append(b, byte(len(name)))
		b = append(b, name...)
		b = binary.BigEndian.AppendUint64(b, f[name].epoch)
		b = append(b, byte(f[name].state))
	}
	return b
}

// decodeFences reads what encode wrote.
func decodeFences(b []byte) (fences, error) {
	f := fences{}
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+9 {
			return nil, errFences
		}
		name, rest := string(b[1:1+n]), b[1+n:]
		one := fence{binary.BigEndian.Uint64(rest), fenceState(rest[8])}
		if _, twice := f[name]; twice || !goodName(name) || one.state > stateIn || one.epoch == 0 {
			return nil, errFences
		}
		f[name], b = one, rest[9:]
	}
	return f, nil
}

var errFences = fmt.Errorf("ring: the notes about its members are damaged: %w", coatcheck.ErrCorrupt)

// loadFences returns a member's notes, and their version; 0 if it has none.
func loadFences(ctx context.Context, m *member) (fences, uint64, error) {
	got, err := site{m, 0}.place(ctx, fencesID)
	switch {
	case err != nil:
		return nil, 0, err
	case got.kind == kindAbsent:
		return fences{}, 0, nil
	case got.kind != kindFences:
		return nil, 0, errFences
	}
	f, err := decodeFences(got.raw.Data)
	return f, got.raw.Version, err
}

// storeFences makes sure that a member has these notes or later ones. Damaged
// ones begin anew: the other members have them, too.
func storeFences(ctx context.Context, m *member, want fences) error {
	for range maxTries {
		has, version, err := loadFences(ctx, m)
		if errors.Is(err, coatcheck.ErrCorrupt) {
			has, version, err = fences{}, 0, site{m, 0}.remove(ctx, fencesID)
		}
		if err != nil {
			return err
		}
		if !has.merge(want) {
			return nil
		}
		rec := fencesRecord(has)
		if version == 0 {
			err = site{m, 0}.create(ctx, rec)
		} else {
			err = site{m, 0}.swap(ctx, rec, version)
		}
		if err == nil || !isRace(err) {
			return err
		}
	}
	return errBusy
}

// fencesRecord returns the notes as a record that never expires, and that no
// store takes for an anonymous session, which it might evict.
func fencesRecord(f fences) *coatcheck.Record {
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	rec := &coatcheck.Record{ID: fencesID, Created: began, AuthTime: began, Deadline: end, Expires: end}
	rec.Version, rec.Data = newVersion(versionOther), f.encode()
	e := envelope{kind: storedFences}
	e.seal(rec)
	return rec
}

// everywhere runs fn for each member of ms at once and returns how many did
// not fail, and the errors of those that did.
func everywhere(ms []*member, fn func(*member) error) (well int, err error) {
	errs := make(chan error, len(ms))
	for _, m := range ms {
		go func() { errs <- fn(m) }()
	}
	var all []error
	for range ms {
		if e := <-errs; e != nil {
			all = append(all, e)
		} else {
			well++
		}
	}
	return well, errors.Join(all...)
}
