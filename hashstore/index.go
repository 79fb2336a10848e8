package hashstore

import (
	"encoding/binary"
	"math/bits"

	"github.com/coatcheck/coatcheck"
)

// idOf is for pointers to IDs within other things.
type idOf = coatcheck.ID

// The index is a table of slots with linear probing. A slot never moves while
// its table lasts, so that readers need no lock: a deleted one is marked, and
// all are put anew when too many are marked or used.
//
// Under an owner's bucket stand the slots of its sessions, as a chain; guests
// have a chain of their own, in the order of their eviction.
type table struct {
	ref   uint64 // what ctlTable has
	heads int64  // where the chains of owners begin
	slots int64
	bits  uint
}

// A ref says where a record is, and which: its offset by eight in 33 bits, its
// number in 30, and a bit that the slot is in use.
type ref uint64

const (
	refEmpty   ref = 0
	refDeleted ref = 1
	refInUse       = 1 << 63
	refOffset      = 1<<33 - 1
)

func refOf(off int64, seq uint64) ref {
	return ref(refInUse | seq&(1<<30-1)<<33 | uint64(off)>>3)
}

func (r ref) inUse() bool   { return r&refInUse != 0 }
func (r ref) offset() int64 { return int64(r&refOffset) << 3 }

// An expiry is the time at which a session ends, in ms, and a tag that changes
// with every change of the slot but a touch.
type expiry uint64

func expiryOf(ms int64, tag uint16) expiry { return expiry(within(ms)<<16 | uint64(tag)) }

func (e expiry) ms() int64   { return int64(e >> 16) }
func (e expiry) tag() uint16 { return uint16(e) }

// within brings a time into the 48 bits of a slot.
func within(ms int64) uint64 {
	if ms < 0 {
		return 0
	}
	return min(uint64(ms), never)
}

// tableBytes returns what a table of 2^bits slots takes.
func tableBytes(bits uint) int64 { return 4<<bits + slotSize*(1<<bits+maxProbe) }

// bucketCount returns how many chains of owners a table has.
func (t *table) bucketCount() uint64 { return 1 << (t.bits - 1) }

// table returns the present index. It is valid while the lock is held or
// ctlTable stays.
func (s *Store) table() table { return s.tableOf(s.mem.load(ctlTable)) }

func (s *Store) tableOf(word uint64) table {
	t := table{ref: word, bits: uint(word & 0xff)}
	if t.bits < minTableBits || t.bits > maxTableBits {
		panic(accessError{errBounds})
	}
	t.heads = s.segmentAt(int(word >> 8 & 0xffffff))
	t.slots = t.heads + 4<<t.bits
	s.mem.check(t.heads, int(tableBytes(t.bits)))
	return t
}

// hash spreads IDs over the table in a way that nobody can foresee who does
// not know the file.
func (s *Store) hash(id *coatcheck.ID) uint64 {
	return s.hashWords([4]uint64{
		binary.LittleEndian.Uint64(id[0:]), binary.LittleEndian.Uint64(id[8:]),
		binary.LittleEndian.Uint64(id[16:]), binary.LittleEndian.Uint64(id[24:]),
	})
}

// hashWords is hash of an ID's four words.
func (s *Store) hashWords(id [4]uint64) uint64 {
	a, b, c, d := id[0], id[1], id[2], id[3]
	hi, lo := bits.Mul64(a^s.seed[0], b^s.seed[1])
	x := hi ^ lo
	hi, lo = bits.Mul64(c^s.seed[1]^x, d^s.seed[0]^0x9e3779b97f4a7c15)
	hi, lo = bits.Mul64(hi^lo^s.seed[0], x^0xe7037ed1a0b428db)
	return hi ^ lo
}

// ownerBucket returns the chain of an owner, which is not "".
func (s *Store) ownerBucket(t *table, owner []byte) int64 {
	h := s.seed[1]
	for len(owner) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(owner))
		owner = owner[8:]
	}
	for _, c := range owner {
		h = mix(h ^ uint64(c) ^ 0x100)
	}
	// The first two heads are those of the guests.
	return t.heads + int64(max(h&(t.bucketCount()-1), 2))*8
}

// newest is where the guest stands that is evicted last, next the one that is
// evicted first.
func (t *table) newest() int64 { return t.heads }
func (t *table) next() int64   { return t.heads + 8 }

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
	return hi ^ lo
}

func (t *table) home(h uint64) int64 { return t.slots + int64(h>>(64-t.bits))*slotSize }

// number returns a slot's number, counted from 1.
func (t *table) number(slot int64) uint64 { return uint64((slot-t.slots)/slotSize) + 1 }

// slot returns where the slot of a number is, as it stands in chains. 0 is
// none.
func (t *table) slot(number uint64) int64 {
	if number == 0 || number > 1<<t.bits+maxProbe {
		panic(accessError{errBounds})
	}
	return t.slots + int64(number-1)*slotSize
}

// holds reports whether a slot in use is that of id. The whole ID is compared.
func (s *Store) holds(slot int64, id *coatcheck.ID) bool {
	m := &s.mem
	if m.base == nil {
		var b [32]byte
		m.read(b[:], slot+slotID)
		return b == *id || mutant("index.truncated-key") && [8]byte(b[:8]) == [8]byte(id[:8])
	}
	if m.load(slot+slotID) != binary.LittleEndian.Uint64(id[0:]) {
		return false
	}
	if mutant("index.truncated-key") {
		return true
	}
	return m.load(slot+slotID+8) == binary.LittleEndian.Uint64(id[8:]) &&
		m.load(slot+slotID+16) == binary.LittleEndian.Uint64(id[16:]) &&
		m.load(slot+slotID+24) == binary.LittleEndian.Uint64(id[24:])
}

// find returns the slot of id, and its ref. Without one, slot is where it may
// be inserted, 0 if there is no such place.
func (s *Store) find(t *table, id *coatcheck.ID) (slot int64, r ref) {
	at := t.home(s.hash(id))
	for range maxProbe {
		r := ref(s.mem.load(at + slotRef))
		switch {
		case r.inUse():
			if s.holds(at, id) {
				return at, r
			}
		case slot == 0:
			slot = at
		}
		if r == refEmpty {
			return slot, refEmpty
		}
		at += slotSize
	}
	return slot, refEmpty
}

// insert gives a new record a slot, which is not in use. The lock is held.
func (s *Store) insert(t *table, slot int64, e entry, r ref) {
	m := &s.mem
	point("put.insert")
	empty := ref(m.load(slot+slotRef)) == refEmpty
	if empty && !mutant("put.publish-first") {
		m.add(ctlUsed, 1)
	}
	if mutant("put.publish-first") {
		m.store(slot+slotRef, uint64(r))
	}
	tag := expiry(m.load(slot + slotExpiry)).tag()
	m.store(slot+slotExpiry, uint64(expiryOf(e.expires(), tag+1)))
	for i := int64(0); i < 32; i += 8 {
		m.store(slot+slotID+i, e.u64(recID+int(i)))
	}
	m.store(slot+slotDeadline, deadlineWord(e))
	m.store(slot+slotChain, 0)
	point("put.publish")
	m.store(slot+slotRef, uint64(r))
	point("put.link")
	s.link(t, slot, e)
	point("put.count")
	s.count(e, 1)
	s.credit(r.offset(), e.size())
}

// deadlineWord is what a slot has of a record besides its place.
func deadlineWord(e entry) uint64 {
	w := within(e.deadline()) << 16
	if e.guest() {
		w |= slotGuest
	}
	if e.owned() {
		w |= slotOwned
	}
	return w
}

// count enters a record into the figures, or strikes it with by -1.
func (s *Store) count(e entry, by int64) {
	s.mem.add(ctlRecords, by)
	if e.guest() {
		s.mem.add(ctlGuests, by)
	}
	if e.owned() {
		s.mem.add(ctlOwned, by)
	}
}

// replace puts another record in the place of one. kept says that the session
// goes on, so that its expiry never goes back. The lock is held.
func (s *Store) replace(t *table, slot int64, old, e entry, from, to ref, kept bool) {
	m := &s.mem
	word, before := deadlineWord(e), m.load(slot+slotDeadline)
	if word < before {
		point("put.deadline")
		m.store(slot+slotDeadline, word)
	}
	relink := old.guest() != e.guest() || old.owned() || e.owned()
	relink = relink && string(s.ownerAt(from, old)) != string(s.ownerOf(e))
	if relink || old.guest() != e.guest() {
		if !mutant("owner.keep-replaced") {
			s.unlink(t, slot, old, from)
		}
	}
	point("put.publish")
	m.store(slot+slotRef, uint64(to))
	point("put.expiry")
	for {
		w := m.load(slot + slotExpiry)
		cur := expiry(w)
		ms := e.expires()
		if kept {
			ms = min(max(ms, cur.ms()), int64(within(e.deadline())))
		}
		if m.swap(slot+slotExpiry, w, uint64(expiryOf(ms, cur.tag()+1))) {
			break
		}
	}
	if word > before {
		point("put.deadline")
		m.store(slot+slotDeadline, word)
	}
	if relink || old.guest() != e.guest() {
		point("put.link")
		s.link(t, slot, e)
	}
	point("put.count")
	if old.guest() != e.guest() || old.owned() != e.owned() {
		s.count(old, -1)
		s.count(e, 1)
	}
	s.shift(from, to, old.size(), e.size())
}

// remove takes a record out. The lock is held.
func (s *Store) remove(t *table, slot int64, old entry, from ref) {
	m := &s.mem
	point("delete.unlink")
	s.unlink(t, slot, old, from)
	point("delete.clear")
	m.store(slot+slotRef, uint64(refDeleted))
	point("delete.tag")
	for {
		w := m.load(slot + slotExpiry)
		if m.swap(slot+slotExpiry, w, uint64(expiryOf(0, expiry(w).tag()+1))) {
			break
		}
	}
	point("delete.count")
	s.count(old, -1)
	s.credit(from.offset(), -old.size())
}
