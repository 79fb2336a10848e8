package hashstore

import (
	"github.com/coatcheck/coatcheck"
)

// A found is a record that a scan of the log has come upon.
type found struct {
	off, size         int64
	seq               uint64
	expires, deadline int64
	horizon           int64
	tombstone         bool
}

// A scan reads the records of a file without its index, table of segments and
// control page.
type scan struct {
	head     *header
	read     func(p []byte, off int64)
	size     int64 // of the file
	seq      uint64
	states   map[int]found1
	latest   map[coatcheck.ID]found
	seg      func(n int, b entry, from int64) // sees each segment of the log; may be nil
	segments int
	tombs    map[int]int64 // bytes of tombstones in each segment
	torn     int           // places where a record begins that is not whole
}

// found1 is what a scan knows of a segment.
type found1 struct {
	state, born uint64
	parts       int // further segments of a giant
}

// workPerSegment bounds how many bytes are summed up in one segment: a file
// that was made to be slow could ask for far more.
const workPerSegment = 4

// run looks at every segment.
func (x *scan) run() {
	x.states = map[int]found1{}
	x.latest = map[coatcheck.ID]found{}
	x.tombs = map[int]int64{}
	x.segments = int(min((max(x.size-dataAt, 0)+x.head.segment-1)/x.head.segment, maxSegments))
	for n := 0; n < x.segments; n++ {
		point("recover.segment")
		n += x.segment(n)
	}
}

func (x *scan) at(n int) int64 { return dataAt + int64(n)*x.head.segment }

// segment reads segment n and returns how many further ones belong to it.
func (x *scan) segment(n int) (parts int) {
	from := x.at(n)
	if x.size-from < segmentHead {
		return 0
	}
	var front [segmentHead]byte
	x.read(front[:], from)
	state, born, ok := x.head.decodeSegment(front[:], n)
	if !ok {
		return 0
	}
	x.seq = max(x.seq, born)
	if state == segGiant {
		parts = x.giant(n, born)
		x.states[n] = found1{state, born, parts}
		return parts
	}
	x.states[n] = found1{state: state, born: born}
	b := make(entry, min(x.head.segment, x.size-from))
	x.read(b, from)
	if x.seg != nil {
		x.seg(n, b, from)
	}
	x.records(n, b, from, uint32(born))
	return 0
}

// records takes all records from a segment. What is between them is what a
// stop of the machine left, or what has not been written yet.
func (x *scan) records(n int, b entry, from int64, generation uint32) {
	budget := int64(len(b)) * workPerSegment
	torn := false // what comes next may be the rest of a record that was counted
	tear := func() {
		if !torn {
			torn = true
			x.torn++
		}
	}
	for at := int64(segmentHead); at+recHead <= int64(len(b)); {
		e := b[at:]
		if e.generation() != generation || (e[recKind] != kindRecord && e[recKind] != kindTombstone) {
			at += 8
			continue
		}
		budget -= recHead
		if budget < 0 {
			return
		}
		if !e.headWhole() || e.size() > int64(len(e)) {
			tear()
			at += 8
			continue
		}
		budget -= e.body()
		if !e.bodyWhole() {
			tear()
			at += 8
			continue
		}
		torn = false
		x.take(e, from+at)
		if e.tombstone() {
			x.tombs[n] += recHead
		}
		at += e.size()
	}
}

// giant reads the one record that begins in segment n.
func (x *scan) giant(n int, born uint64) (parts int) {
	off := x.at(n) + segmentHead
	if x.size-off < recHead {
		return 0
	}
	head := make(entry, recHead)
	x.read(head, off)
	if head.generation() != uint32(born) || !head.headWhole() {
		return 0
	}
	size := head.size()
	parts = int((size + segmentHead - 1) / x.head.segment)
	if off+size > x.size || n+parts >= x.segments {
		return 0
	}
	e := make(entry, size)
	x.read(e, off)
	if !e.headWhole() || !e.bodyWhole() {
		x.torn++
		return 0
	}
	x.take(e, off)
	return parts
}

// take keeps a record if it is the latest of its ID.
func (x *scan) take(e entry, off int64) {
	x.seq = max(x.seq, e.seq())
	id := e.id()
	if old, ok := x.latest[id]; ok && old.seq >= e.seq() {
		return
	}
	x.latest[id] = found{off, e.size(), e.seq(), e.expires(), e.deadline(), e.horizon(), e.tombstone()}
}
