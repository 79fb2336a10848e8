package memstore

import (
	"fmt"
	"os"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// Open returns a store that holds what the snapshot at path has, and that
// writes a new one there every Options.SnapshotInterval if something has
// changed, and when it is closed. Nil options are the defaults. The directory
// must exist; without a snapshot the store begins empty.
//
// Beside the snapshot there are two more files: path.journal while the store
// is open, and path.lock, which stays. Only one process at a time can have the
// store open.
//
// A snapshot that is damaged, foreign or of a newer format is
// [coatcheck.ErrCorrupt]; options that break a rule, and files that others
// may have tampered with, are [coatcheck.ErrInvalid]. Either leaves all files
// as they are. Move the file that the error names out of the way to begin
// empty.
func Open(path string, opts *Options) (*Store, error) {
	return openOn(osDisk{}, path, opts)
}

func openOn(d disk, path string, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return nil, fmt.Errorf("memstore: %w: the path of the snapshot is empty", coatcheck.ErrInvalid)
	}
	n := namesOf(path)
	k := &keeper{
		disk: d, names: n, interval: o.SnapshotInterval, logger: o.Logger, idle: make(chan struct{}),
		journal: &journal{disk: d, names: n, full: make(chan struct{}, 1)},
	}
	s := newStore(&o)
	if err := k.load(s); err != nil {
		return nil, fmt.Errorf("memstore: open: %w", err)
	}
	s.keeper, s.journal = k, k.journal
	go k.run(s)
	return s, nil
}

// load locks the files, fills the store from them, and opens the journal.
func (k *keeper) load(s *Store) (err error) {
	if err := checkDir(k.names.dir); err != nil {
		return err
	}
	if k.lock, err = lockFile(k.names.lock); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			k.lock.Close()
		}
	}()
	was, err := k.read()
	if err != nil {
		return err
	}
	if err := k.journal.resume(was); err != nil {
		_ = k.journal.end(false) // it may be open all the same
		return err
	}
	k.disk.Remove(k.names.temp) // what a crash left
	s.fill(was.live())
	k.changes, k.position = s.changes(), was.head.position
	return nil
}

// A past is what the files of a store hold when it is opened.
type past struct {
	kept bool // there is a snapshot
	head head
	recs []*coatcheck.Record

	noted bool // there is a journal
	first uint64
	ended []coatcheck.ID
}

// read reads the files and checks that they belong together.
func (k *keeper) read() (p past, err error) {
	p.kept, err = readOwn(k.names.snapshot, func(f *os.File, size int64) (err error) {
		p.head, p.recs, err = decode(f, size)
		return err
	})
	if err != nil {
		return p, err
	}
	p.noted, err = readOwn(k.names.journal, func(f *os.File, size int64) (err error) {
		p.first, p.ended, err = decodeJournal(f)
		return err
	})
	if err == nil && p.kept && p.noted && p.first > p.head.position {
		err = fmt.Errorf("%s: %w", k.names.journal, damage("it begins at position %d, but the snapshot needs it from %d: "+
			"one of the two is of another time", p.first, p.head.position))
	}
	return p, err
}

// readOwn reads a file, if there is one.
func readOwn(name string, read func(f *os.File, size int64) error) (found bool, err error) {
	f, info, err := openOwn(name, os.O_RDONLY)
	if isMissing(err) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer f.Close()
	if err := read(f, info.Size()); err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, nil
}

// next returns the position of the next entry of the journal.
func (p *past) next() uint64 { return max(p.head.position, p.first+uint64(len(p.ended))) }

// live returns the records of the snapshot without those that the journal says
// were ended since.
func (p *past) live() []*coatcheck.Record {
	dead := map[coatcheck.ID]bool{}
	for i, id := range p.ended {
		if p.first+uint64(i) >= p.head.position {
			dead[id] = true
		}
	}
	return slices.DeleteFunc(p.recs, func(rec *coatcheck.Record) bool { return dead[rec.ID] })
}

// fill puts records into an empty store, without those that have expired. If
// the limits have become narrower, the anonymous sessions that would expire
// soonest are left out; what has an owner is kept.
func (s *Store) fill(recs []*coatcheck.Record) {
	now := s.now()
	var guests []*coatcheck.Record
	for _, rec := range recs {
		switch c := chargeOf(rec); {
		case !rec.Live(now):
		case c.guest:
			guests = append(guests, rec)
		default:
			s.budget.admit(c)
			s.enter(s.shard(rec.ID), rec, c)
		}
	}
	// The last to expire was used last: it is the first to get in, and comes
	// last in the queue.
	slices.SortStableFunc(guests, func(a, b *coatcheck.Record) int { return a.Expires.Compare(b.Expires) })
	from := len(guests)
	for from > 0 && s.budget.change(charge{}, chargeOf(guests[from-1])) == nil {
		from--
	}
	s.evicted.Add(int64(from))
	for _, rec := range guests[from:] {
		s.enter(s.shard(rec.ID), rec, chargeOf(rec))
	}
}
