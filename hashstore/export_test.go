package hashstore

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// WrapByPath lets [OpenOn] work, for the time of a test.
func WrapByPath(t testing.TB) {
	wrapDisk = func(d disk) disk {
		if wrap, ok := wraps.Load(d.(*fileDisk).f.Name()); ok {
			return wrap.(func(Disk) Disk)(d)
		}
		return d
	}
	t.Cleanup(func() { wrapDisk = nil })
}

// wraps are the disks that OpenOn puts around those of files, by their paths.
var wraps sync.Map

// OpenOn is Open with a disk put around that of the file.
func OpenOn(path string, o *Options, wrap func(Disk) Disk) (*Store, error) {
	wraps.Store(path, wrap)
	defer wraps.Delete(path)
	return Open(path, o)
}

// Spoil changes a byte in the body of a record, SpoilHead one in its head.
func Spoil(t testing.TB, s *Store, id coatcheck.ID)     { spoil(t, s, id, recHead) }
func SpoilHead(t testing.TB, s *Store, id coatcheck.ID) { spoil(t, s, id, recCreated) }

func spoil(t testing.TB, s *Store, id coatcheck.ID, at int64) {
	t.Helper()
	Hold(t, s, func() {
		tab := s.table()
		_, r := s.find(&tab, &id)
		if !r.inUse() {
			t.Fatal("Spoil: no such record")
		}
		var b [1]byte
		s.mem.read(b[:], r.offset()+at)
		b[0]++
		s.mem.write(b[:], r.offset()+at)
	})
}

// IndexBytes returns how many bytes the segments of the index have.
func IndexBytes(t testing.TB, s *Store) (n int64) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		tab := s.table()
		n = int64(s.tableSegments(tab.bits)) * s.head.segment
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// FrontBytes is how long the part before the segments is.
const FrontBytes = dataAt

// A Part is a range of bytes that mean something.
type Part struct {
	Name     string
	From, To int
}

// Meaning returns the parts of a closed file that mean something and are
// covered: all but hints, and times that may be any within a range.
func Meaning(t testing.TB, path string) (parts []Part) {
	t.Helper()
	add := func(name string, from, n int64) { parts = append(parts, Part{name, int(from), int(from + n)}) }
	err := visit(path, func(s *Store, f *os.File, portable bool) error {
		add("header", 0, headerUsed)
		add("copy of the header", headerSize, headerUsed)
		for _, w := range []int64{ctlRecords, ctlGuests, ctlOwned, ctlUsed, ctlLive} {
			add("control page", w, 8)
		}
		add("place of the index", ctlTable, 4)
		add("identity", identityAt, identityUsed)
		all := s.ledger()
		for n := range all.len() {
			if all.state(n) != segLog {
				continue
			}
			add("state of a segment", entryAt(n, entState), 1)
			add("generation of a segment", entryAt(n, entState)+4, 4)
			add("live bytes of a segment", entryAt(n, entLive), 8)
			add("birth of a segment", entryAt(n, entBorn), 8)
			add("segment", s.segmentAt(n), segmentHead)
			end := s.segmentAt(n) + all.used(n)
			if all.used(n) == 0 {
				end = int64(s.mem.load(ctlTail))
			}
			add("log", s.segmentAt(n)+segmentHead, end-s.segmentAt(n)-segmentHead)
		}
		tab := s.table()
		for slot, r := range s.all(&tab) {
			if r.inUse() {
				add("place in a slot", slot+slotRef, 8)
				add("ID in a slot", slot+slotID, 32)
				add("deadline in a slot", slot+slotDeadline, 8)
				add("chain in a slot", slot+slotChain, 8)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// What limits there are.
const (
	MaxOpens = maxProcs
	CanMap   = canMap
)

// ForgetBoot changes the start of the machine in a file's identity.
func ForgetBoot(t testing.TB, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, identityUsed)
	if _, err := f.ReadAt(b, identityAt); err != nil {
		t.Fatal(err)
	}
	x, ok := decodeIdentity(b)
	if !ok {
		t.Fatal("ForgetBoot: there is no identity")
	}
	x.boot[0]++
	if _, err := f.WriteAt(x.encode(), identityAt); err != nil {
		t.Fatal(err)
	}
}

// TombstoneBytes returns how many bytes of tombstones are in the log.
func TombstoneBytes(t testing.TB, s *Store) (n int64) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		all := s.ledger()
		for i := range all.len() {
			if all.records(i) {
				n += all.tombs(i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A Disk is what a store writes through.
type Disk = disk

// WrapDisk puts a disk around that of every store opened until the test ends.
func WrapDisk(t testing.TB, wrap func(Disk) Disk) {
	wrapDisk = wrap
	t.Cleanup(func() { wrapDisk = nil })
}

// Hold calls f while a store holds the lock.
func Hold(t testing.TB, s *Store, f func()) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		f()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Locked reports whether somebody holds the lock of a store with a map.
func Locked(s *Store) bool { return s.mem.load(ctlLock) != 0 }

// HurryToAttach makes Open and Close wait no longer than d for others that open or
// close the same file, for the time of a test.
func HurryToAttach(t testing.TB, d time.Duration) {
	before := attachPatience
	attachPatience = d
	t.Cleanup(func() { attachPatience = before })
}

// Moved reports whether an error tells a reader to try again.
func Moved(err error) bool { return err == errMoved }

// LoadOver is one try to load a session, with between after the place of the
// index is known.
func LoadOver(s *Store, id coatcheck.ID, between func()) error {
	word := s.mem.load(ctlTable)
	between()
	_, err := s.readIn(word, &id, millis(s.opts.Now()))
	return err
}

// ReadOver is one try to load a session, with between after its slot is known.
func ReadOver(s *Store, id coatcheck.ID, between func()) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	t := s.table()
	slot, r := s.find(&t, &id)
	between()
	_, err = s.readSlot(&t, slot, r, &id, millis(s.opts.Now()))
	return err
}

// IndexBits returns the size of the index.
func IndexBits(s *Store) uint { return s.table().bits }

// MoveIndex moves the index, with between after it has been copied.
func MoveIndex(t testing.TB, s *Store, bits uint, between func()) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		old := s.table()
		to, used, err := s.buildTable(&old, bits)
		if err != nil {
			return err
		}
		between()
		s.publishTable(&old, &to, used)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// CompactStep compacts so many bytes of any segment.
func CompactStep(t testing.TB, s *Store, budget int64) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		if s.mem.load(ctlVictim) == 0 && !s.pickVictim(1, ^uint64(0)) {
			return nil
		}
		_, err := s.compactStep(budget)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Die ends the use of a store as the end of its process would.
func Die(s *Store) {
	s.closing.Do(func() {
		close(s.done)
		s.upkeep.Wait()
		s.closed.Store(true)
		s.letGo()
		_ = s.disk.Close()
	})
}

// DieHolding is Die with both locks held and the index half moved.
func DieHolding(t testing.TB, s *Store) {
	t.Helper()
	if s.lock.file == nil {
		if _, err := s.lock.takeWord(context.Background(), ctlWriter); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	old := s.table()
	if _, _, err := s.buildTable(&old, old.bits+1); err != nil {
		t.Fatal(err)
	}
	Die(s)
}

// Waiting returns how many changes wait for those that somebody brings to the
// disk, which under says there are.
func Waiting(s *Store) (n int, under bool) {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting), s.queue.leading
}

// SoundCounts returns an error unless the live bytes of all segments can be, and
// are those of the whole.
func SoundCounts(s *Store) error {
	return s.locked(context.Background(), func() error {
		var sum int64
		all := s.ledger()
		for n := range all.len() {
			if !all.records(n) {
				continue
			}
			if live := all.live(n); live < 0 || live > s.head.segment*int64(all.parts(n)) {
				return fmt.Errorf("segment %d counts %d live bytes", n, live)
			}
			sum += all.live(n)
		}
		if got := int64(s.mem.load(ctlLive)); got != sum {
			return fmt.Errorf("%d live bytes in all, but %d in the segments", got, sum)
		}
		return nil
	})
}

// Emptied returns the segments that wait to be freed.
func Emptied(t testing.TB, s *Store) (all []int) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		for _, x := range s.allEmptied() {
			all = append(all, x.segment)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// FreeEmptied frees them.
func FreeEmptied(t testing.TB, s *Store) {
	t.Helper()
	if err := s.freeEmptied(context.Background()); err != nil {
		t.Error(err)
	}
}

// TryMove moves the index.
func TryMove(s *Store, bits uint) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	return s.locked(context.Background(), func() error {
		old := s.table()
		return s.moveTable(&old, bits)
	})
}

// TryCompact ends the present segment of the log and compacts it.
func TryCompact(s *Store) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	return s.locked(context.Background(), func() error {
		full := s.segmentOf(int64(s.mem.load(ctlTail)) - 1)
		if err := s.newSegment(); err != nil {
			return err
		}
		s.mem.store(ctlVictimAt, uint64(s.segmentAt(full)+segmentHead))
		s.mem.store(ctlVictim, uint64(full)+1)
		for {
			if done, err := s.compactStep(1 << 20); done || err != nil {
				return err
			}
		}
	})
}

// Home returns where a search for a session begins in the index.
func Home(s *Store, id coatcheck.ID) int64 {
	t := s.table()
	return t.home(s.hash(&id)) - t.slots
}

// TouchOver is one try to touch a session, with between after its slot is known.
func TouchOver(s *Store, id coatcheck.ID, to time.Time, between func()) error {
	t := s.table()
	slot, r := s.find(&t, &id)
	word := s.mem.load(slot + slotExpiry)
	between()
	return s.touchSlot(slot, r, word, millis(to), millis(s.opts.Now()))
}

// DieAnnouncing is Die with the locks held, when the place of a tombstone was
// announced and the end of the log had not moved yet.
func DieAnnouncing(t testing.TB, s *Store) {
	t.Helper()
	if s.lock.file == nil {
		if _, err := s.lock.takeWord(context.Background(), ctlWriter); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.mem.store(ctlPending, s.mem.load(ctlTail)>>3|recHead>>3<<33)
	Die(s)
}

// DieAtEnd is Die with the lock held, when the log has come to the last segment
// of the file and has so many bytes left in it.
func DieAtEnd(t testing.TB, s *Store, room int64) {
	dieIn(t, s, func() error {
		n := s.segments() - 1
		if st, _ := s.state(n); st != segFree {
			return fmt.Errorf("the last segment has state %d", st)
		}
		s.beginSegment(n, segLog)
		s.mem.store(ctlTail, uint64(s.segmentAt(n+1)-room))
		return nil
	})
}

// dieIn is Die with the lock held, when f was done.
func dieIn(t testing.TB, s *Store, f func() error) {
	t.Helper()
	err := s.acquire(context.Background())
	if err == nil {
		err = f()
	}
	if err != nil {
		t.Fatal(err)
	}
	Die(s)
}

// DieLocked is Die with the lock held, when nothing was changed.
func DieLocked(t testing.TB, s *Store) { dieIn(t, s, func() error { return nil }) }

// DieDirtying is Die with the lock held, when the file has been marked as one in
// use without durability, and nothing else knows of it yet.
func DieDirtying(t testing.TB, s *Store) {
	dieIn(t, s, func() error { return s.identify(flagLossy) })
}

// DieClaiming is Die with the lock held, when a new record is in the log and not
// in the index yet.
func DieClaiming(t testing.TB, s *Store, rec *coatcheck.Record) {
	dieIn(t, s, func() (err error) {
		c := &change{op: classPut, id: rec.ID, rec: rec, fresh: true, now: millis(s.opts.Now())}
		if c.buf, err = encode(nil, rec, 0); err != nil {
			return err
		}
		tab := s.table()
		if err := s.prepare(&tab, c); err != nil {
			return err
		}
		if err := s.place(c, int64(len(c.buf))); err != nil {
			return err
		}
		s.mem.write(c.buf, c.off)
		s.claim(c.off, int64(len(c.buf)))
		return nil
	})
}

// LeadsSegment reports whether a record is the first of its segment.
func LeadsSegment(t testing.TB, s *Store, id coatcheck.ID) (first bool, segment int) {
	t.Helper()
	Hold(t, s, func() {
		tab := s.table()
		_, r := s.find(&tab, &id)
		segment = s.segmentOf(r.offset())
		first = r.offset() == s.segmentAt(segment)+segmentHead
	})
	return first, segment
}

// ShortCount returns an error if a segment counts fewer bytes of tombstones than
// it has; of the one that is being compacted, than are left to be looked at.
func ShortCount(s *Store) error {
	return s.locked(context.Background(), func() error {
		all := s.ledger()
		for n := range all.len() {
			if all.state(n) != segLog {
				continue
			}
			from, found := int64(segmentHead), int64(0)
			if s.mem.load(ctlVictim) == uint64(n)+1 {
				from = int64(s.mem.load(ctlVictimAt)) - s.segmentAt(n)
			}
			b := entry(s.mem.view(s.segmentAt(n), int(s.head.segment)))
			for at := from; at+recHead <= int64(len(b)); at += 8 {
				e := b[at:]
				if e.generation() == all.generation(n) && e.tombstone() && e.headWhole() {
					found += recHead
				}
			}
			if got := all.tombs(n); got < found {
				return fmt.Errorf("segment %d counts %d bytes of tombstones and has %d", n, got, found)
			}
		}
		return nil
	})
}
