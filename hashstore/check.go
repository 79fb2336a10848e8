package hashstore

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/coatcheck/coatcheck"
)

// A Report is what [Check] or [Repair] found.
type Report struct {
	Records  int      // sound records, expired ones that were not swept included
	Damaged  int      // records that are lost
	Segments int      // parts of the file in use
	Bytes    int64    // of the sound records
	Live     bool     // whether others have the file open
	Rebuild  bool     // whether the next Open makes the index anew, as after a stop of the machine
	Faults   []string // what is wrong, one line each; none means that all is well
}

// maxFaults bounds a report of a file that is nothing but faults.
const maxFaults = 1000

func (r *Report) add(format string, args ...any) {
	switch len(r.Faults) {
	case maxFaults:
	case maxFaults - 1:
		r.Faults = append(r.Faults, "and more")
	default:
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Check reads all of the file at path and reports what is wrong with it. It
// changes nothing, and may be used while others have the file open; they wait
// for it while it looks at the index, about as long as it takes to read the
// file once. An error means that it could not look; faults are in the report.
//
// It cannot see a change of bits in what is known nowhere else: the time to
// which a session was touched, within its deadline, and the hints that the
// format's description names.
func Check(path string) (*Report, error) {
	var r *Report
	err := visit(path, func(s *Store, f *os.File, portable bool) error {
		r = new(Report)
		return s.check(f, portable, r)
	})
	if err != nil {
		return nil, fmt.Errorf("hashstore: check %s: %w", path, err)
	}
	return r, nil
}

// visit opens a file in the form in which others have it open, without using
// it, and keeps others from opening and closing it.
func visit(path string, look func(s *Store, f *os.File, portable bool) error) (err error) {
	f, fresh, err := openLocked(path, true)
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() { _ = flock{f}.unlock() }()
	if fresh {
		return foreign("is empty")
	}
	o, err := (&Options{Logger: slog.New(slog.DiscardHandler)}).filled()
	if err != nil {
		return err
	}
	s := &Store{opts: o, path: path, done: make(chan struct{}), moving: make([]byte, 4096)}
	if _, err := s.seat.others(f, false); err != nil {
		s.opts.Portable = true
	}
	defer s.shelter(&err, debug.SetPanicOnFault(true))
	portable, err := s.prepareFile(f, fresh)
	if err != nil {
		return err
	}
	return look(s, f, portable)
}

// check fills a report.
func (s *Store) check(f *os.File, portable bool, r *Report) error {
	x, err := s.audit(f, portable, r)
	if err != nil || x.done {
		return err
	}
	if err := s.sit(f, portable); err != nil {
		return err
	}
	defer s.seat.leave(f)
	if portable {
		// We hold the lock of the file; take it in the store's way.
		if err := (flock{f}).unlock(); err != nil {
			return err
		}
	}
	return s.locked(context.Background(), func() error {
		x.run()
		return nil
	})
}

// audit begins an audit. It is done if nothing is known of the index.
func (s *Store) audit(f *os.File, portable bool, r *Report) (*audit, error) {
	s.checkHeaders(r)
	others, err := s.seat.others(f, portable)
	if err != nil {
		return nil, err
	}
	was, known, err := s.recognise(f)
	if err != nil {
		return nil, err
	}
	r.Live = others
	x := &audit{s: s, r: r}
	same := known && was.same(&s.self)
	clean := known && was.flags&flagClean != 0
	if !known {
		r.add("the control page does not say whose it is")
	}
	r.Rebuild = !same
	switch {
	case same:
	case clean:
		// Whoever opened it next would take from the index what was touched.
		x.run()
		x.done = true
	default:
		// The index is made anew, and what is torn was never promised.
		x.scanOnly()
		x.done = true
	}
	return x, nil
}

// checkHeaders compares both copies of the header.
func (s *Store) checkHeaders(r *Report) {
	want := s.head.encode()
	b := make([]byte, headerSize)
	for i, name := range [...]string{"header", "copy of the header"} {
		s.mem.read(b, int64(i)*headerSize)
		if string(b) != string(want) {
			r.add("the %s is damaged", name)
		}
	}
}

// An audit compares the log, the index and the figures. The lock is held.
type audit struct {
	s     *Store
	r     *Report
	all   ledger
	t     table
	scan  scan
	done  bool
	owned uint64

	guests, records, used uint64
	live                  map[int]int64
	sound                 bool           // there is an index that can be looked at
	broken                bool           // and it is not what it should be
	lost                  []coatcheck.ID // damaged records of the index
	lostSlots             map[int64]bool
	gone                  []coatcheck.ID // records that are not in the index
}

// scanOnly counts what a new index will have.
func (x *audit) scanOnly() {
	x.readLog(false)
	for _, f := range x.scan.latest {
		if !f.tombstone {
			x.r.Records++
			x.r.Bytes += f.size
		}
	}
	x.r.Segments = len(x.scan.states)
}

// readLog scans all segments as a rebuild would.
func (x *audit) readLog(strict bool) {
	size, err := x.s.disk.Size()
	if err != nil {
		panic(accessError{err})
	}
	x.scan = scan{head: &x.s.head, read: x.s.mem.read, size: size}
	if strict {
		x.scan.seg = x.checkSegment
	}
	x.scan.run()
}

// run looks at everything.
func (x *audit) run() {
	s := x.s
	x.live, x.lostSlots = map[int]int64{}, map[int64]bool{}
	if n := s.mem.load(ctlSegments); n > maxSegments || int64(dataAt)+int64(n)*s.head.segment > x.size() {
		x.bad("the number of segments, %d, does not fit the file", n)
		x.readLog(false)
		return
	}
	x.all = s.ledger()
	x.readLog(true)
	x.checkStates()
	if x.openTable() {
		x.checkSlots()
		x.checkChains()
		x.checkFigures()
		x.checkMissing()
	}
}

func (x *audit) size() int64 {
	n, err := x.s.disk.Size()
	if err != nil {
		panic(accessError{err})
	}
	return n
}

// openTable finds the index.
func (x *audit) openTable() (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			_ = x.s.fault(r)
			x.bad("the place of the index is out of bounds")
			ok = false
		}
	}()
	x.t = x.s.table()
	first := x.s.segmentOf(x.t.heads)
	last := first + x.s.tableSegments(x.t.bits) - 1
	if first < 0 || last >= x.all.len() || x.all.state(first) != segIndex || x.all.parts(first) != last-first+1 {
		x.bad("the place of the index is not where one is")
		return false
	}
	x.sound = true
	return true
}
