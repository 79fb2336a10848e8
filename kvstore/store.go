package kvstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records in a [KV]. Make one with [New]; the zero Store is not
// usable. It is safe for concurrent use, and several processes may share what
// is beneath.
type Store struct {
	kv      KV
	scanner Scanner            // nil: no lists
	deleter ConditionalDeleter // nil: no sweeping
	cleaner cleaner            // nil, or what sweeps instead
	opts    Options
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
)

// New returns a store on kv. Nil options are the defaults. It makes no call, so
// it fails for wrong options only.
func New(kv KV, o *Options) (*Store, error) {
	opts, err := o.filled()
	if err != nil {
		return nil, err
	}
	if kv == nil {
		return nil, fmt.Errorf("kvstore: %w: the KV is nil", coatcheck.ErrInvalid)
	}
	if f, ok := kv.(Funcs); ok && f.missing() != "" {
		return nil, fmt.Errorf("kvstore: %w: Funcs.%s is not set", coatcheck.ErrInvalid, f.missing())
	}
	s := &Store{kv: kv, opts: opts}
	s.scanner, _ = kv.(Scanner)
	s.deleter, _ = kv.(ConditionalDeleter)
	return s, nil
}

// Capabilities returns what the KV makes possible: lists with a [Scanner], an
// index of owners and sweeping with a [ConditionalDeleter] besides.
func (s *Store) Capabilities() coatcheck.Capabilities {
	return coatcheck.Capabilities{List: s.scanner != nil, Owners: s.indexes(), Sweep: s.indexes() || s.cleaner != nil}
}

// indexes reports whether owners' entries are kept. Without a conditional
// delete they could never be removed safely.
func (s *Store) indexes() bool { return s.scanner != nil && s.deleter != nil }

// An item is a record as it was found.
type item struct {
	*coatcheck.Record
	rev Revision
}

// find returns what is stored under id, expired or not.
func (s *Store) find(ctx context.Context, id coatcheck.ID) (item, error) {
	if err := ctx.Err(); err != nil {
		return item{}, err
	}
	value, rev, err := s.kv.Get(ctx, s.key(id))
	if err != nil {
		return item{}, err
	}
	rec, err := decode(value, id)
	return item{rec, rev}, err
}

// decode reads the value that was found under the key of id. It keeps parts
// of b.
func decode(b []byte, id coatcheck.ID) (*coatcheck.Record, error) {
	rec := new(coatcheck.Record)
	if err := rec.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("kvstore: %w", err)
	}
	if rec.ID != id {
		return nil, fmt.Errorf("kvstore: %w: it is the record of another session", coatcheck.ErrCorrupt)
	}
	return rec, nil
}

// encode returns the value of a record, or ErrTooLarge.
func (s *Store) encode(rec *coatcheck.Record) ([]byte, error) {
	value, err := rec.MarshalBinary()
	if err == nil && len(value) > s.opts.MaxValue {
		err = fmt.Errorf("kvstore: %w: its record takes %d bytes; Options.MaxValue is %d", coatcheck.ErrTooLarge, len(value), s.opts.MaxValue)
	}
	return value, err
}

// live returns what is stored under id, unless it has expired.
func (s *Store) live(ctx context.Context, id coatcheck.ID) (item, error) {
	it, err := s.find(ctx, id)
	if err == nil && !it.Live(s.opts.Now()) {
		err = coatcheck.ErrNotFound
	}
	return it, err
}

// put stores rec if what is there still has the revision rev.
func (s *Store) put(ctx context.Context, rec *coatcheck.Record, rev Revision) error {
	value, err := s.encode(rec)
	if err != nil {
		return err
	}
	return s.kv.Put(ctx, s.key(rec.ID), value, rev, rec.Expires)
}

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	it, err := s.live(ctx, id)
	if err != nil {
		return nil, err
	}
	return it.Record, nil
}

// Create implements [coatcheck.Store].
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if rec.Owner == "" || !s.indexes() {
		return s.create(ctx, rec)
	}
	return s.createOwned(ctx, rec)
}

// create puts rec where there is nothing, or something that has expired.
func (s *Store) create(ctx context.Context, rec *coatcheck.Record) error {
	for rev := None; ; {
		err := s.put(ctx, rec, rev)
		if !errors.Is(err, coatcheck.ErrConflict) {
			return err
		}
		it, err := s.find(ctx, rec.ID)
		switch {
		case errors.Is(err, coatcheck.ErrNotFound):
			rev = None
		case err != nil:
			return err
		case it.Live(s.opts.Now()):
			return coatcheck.ErrExists
		default:
			rev = it.rev
		}
	}
}

// Replace implements [coatcheck.Store].
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	for {
		it, err := s.live(ctx, rec.ID)
		if err != nil {
			return err
		}
		if it.Version != old {
			return coatcheck.ErrConflict
		}
		// A conflict may be no more than a touch: look again.
		err = s.put(ctx, rec.Touched(it.Expires), it.rev)
		if errors.Is(err, coatcheck.ErrConflict) {
			continue
		}
		if err == nil && it.Owner != rec.Owner {
			s.unindex(ctx, it.Owner, rec.ID)
		}
		return err
	}
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	for {
		it, err := s.live(ctx, id)
		if err != nil {
			return err
		}
		touched := it.Touched(expires)
		if touched == it.Record {
			return nil
		}
		if err := s.put(ctx, touched, it.rev); !errors.Is(err, coatcheck.ErrConflict) {
			return err
		}
	}
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	it, err := s.find(ctx, id)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return nil
	case errors.Is(err, coatcheck.ErrCorrupt):
		it = item{}
	case err != nil:
		return err
	}
	if err := s.kv.Delete(ctx, s.key(id)); err != nil {
		return err
	}
	if it.Record != nil {
		s.unindex(ctx, it.Owner, id)
	}
	return nil
}
