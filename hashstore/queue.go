package hashstore

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// A queue holds the changes that wait for the disk. The first of those that
// come at the same time leads: it writes all that have gathered, in one go,
// while the next ones gather.
type queue struct {
	mu       sync.Mutex
	waiting  []*change
	leading  bool
	expected int // changes that may be about to come
	seen     map[coatcheck.ID]bool
}

// maxBatch is how many changes share one write.
const maxBatch = 256

// run brings c into the file with all others that wait. When ctx is done
// before that began, c is withdrawn.
func (q *queue) run(ctx context.Context, s *Store, c *change) error {
	c.done, c.err = make(chan struct{}, 1), nil
	q.mu.Lock()
	q.waiting = append(q.waiting, c)
	lead := !q.leading
	q.leading = true
	q.mu.Unlock()
	if lead {
		q.lead(ctx, s, c)
		return c.err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if q.withdraw(c) {
			return ctx.Err()
		}
		<-c.done
	}
	if c.err == errLead {
		q.lead(ctx, s, c)
	}
	return c.err
}

// errLead tells a waiting change that the lead is its own now.
var errLead = errors.New("lead")

// withdraw takes c out if nobody has begun to write it.
func (q *queue) withdraw(c *change) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, each := range q.waiting {
		if each == c && c.err != errLead {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// lead writes batches until that of own is done, and hands the lead on.
func (q *queue) lead(ctx context.Context, s *Store, own *change) {
	own.err = nil
	for done := false; !done; {
		q.gather()
		batch := q.take()
		rest := s.writeBatch(ctx, batch)
		if len(rest) == len(batch) && ctx.Err() != nil {
			// Nothing was done, since our time is over. That of the others is
			// not.
			own.err = ctx.Err()
			q.giveBack(rest)
			q.withdraw(own)
			break
		}
		for _, each := range batch[:len(batch)-len(rest)] {
			if each == own {
				done = true
			} else {
				each.done <- struct{}{}
			}
		}
		q.giveBack(rest)
		q.expect(len(batch) - len(rest))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.leading = false
		return
	}
	next := q.waiting[0]
	next.err = errLead
	next.done <- struct{}{}
}

// giveBack puts changes at the beginning of the queue.
func (q *queue) giveBack(rest []*change) {
	if len(rest) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(rest[:len(rest):len(rest)], q.waiting...)
}

// take returns the changes of the next batch: one for each ID, in the order of
// their coming.
func (q *queue) take() []*change {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen == nil {
		q.seen = map[coatcheck.ID]bool{}
	}
	clear(q.seen)
	batch, rest := make([]*change, 0, min(len(q.waiting), maxBatch)), q.waiting[:0]
	for _, c := range q.waiting {
		if len(batch) == maxBatch || q.seen[c.id] {
			rest = append(rest, c)
			continue
		}
		q.seen[c.id] = true
		batch = append(batch, c)
	}
	clear(q.waiting[len(rest):])
	q.waiting = rest
	return batch
}

// writeBatch brings changes to the disk and then into the index. It returns
// those that had no room beside the others, for the next time; at least one
// has, unless ctx ended before anything was done.
func (s *Store) writeBatch(ctx context.Context, batch []*change) (rest []*change) {
	taken, err := s.writeGuarded(ctx, batch)
	if err != nil && ctx.Err() != nil && taken == 0 {
		return batch
	}
	if err == nil {
		return batch[taken:]
	}
	for _, c := range batch {
		if c.err == nil {
			c.err = err
		}
	}
	return nil
}

func (s *Store) writeGuarded(ctx context.Context, batch []*change) (taken int, err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	return s.writeLocked(ctx, batch)
}

// writeLocked is writeBatch under the writers' lock, which is held while the
// disk works: it keeps others that write durably from changing what was looked
// at before.
func (s *Store) writeLocked(ctx context.Context, batch []*change) (taken int, err error) {
	if err := s.enterWriters(ctx); err != nil {
		return 0, err
	}
	defer s.leaveWriters()
	var out batchPlan
	if slices.ContainsFunc(batch, (*change).overtaken) {
		err := s.lockedIn(ctx, func() error { return s.writeHeld(&out, batch) })
		return out.taken, err
	}
	if err := s.lockedIn(ctx, func() error { return s.plan(&out, batch) }); err != nil {
		return 0, err
	}
	if err := s.writePlan(&out); err != nil {
		return out.taken, s.fails(ctx, s.lockedIn, err)
	}
	err = s.lockedIn(ctx, func() error { return s.publishAll(&out, batch[:out.taken]) })
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return 0, err // nothing is published; whoever writes next makes it void
	}
	return out.taken, err
}

// writeHeld is the rest of writeLocked with the lock held all the time, so that
// nobody can come between. It is for what has been overtaken often: a session
// that is changed without a pause could not be deleted otherwise.
func (s *Store) writeHeld(out *batchPlan, batch []*change) error {
	if err := s.plan(out, batch); err != nil {
		return err
	}
	if err := s.writePlan(out); err != nil {
		s.setFlag(flagFailed)
		return err
	}
	return s.publishAll(out, batch[:out.taken])
}

// writePlan is writeOut for what there may be.
func (s *Store) writePlan(out *batchPlan) error {
	if len(out.bytes) == 0 {
		return nil
	}
	err := s.writeOut(out)
	if err != nil {
		s.unwrite(out)
	}
	return err
}

// A batchPlan is what a batch writes, in one piece.
type batchPlan struct {
	taken   int    // changes that are decided
	creates uint64 // those that need a new slot
	at      int64  // where bytes goes
	bytes   []byte // of all changes, or of a single giant
	giant   bool
	deletes bool   // the first change is one
	head    []byte // of the segment, if that is not on the disk yet
	headAt  int64
}

// point is a fault point of the class that the batch begins with.
func (out *batchPlan) point(put, del string) {
	if out.deletes {
		put = del
	}
	point(put)
}

// plan decides the changes of a batch and gives them their places. The lock is
// held.
func (s *Store) plan(out *batchPlan, batch []*change) error {
	for _, c := range batch {
		c.err = s.planOne(out, c)
		if c.err == errRoom {
			c.err = nil
			break
		}
		out.taken++
	}
	out.deletes = batch[0].op == classDelete
	if len(out.bytes) == 0 {
		return nil
	}
	out.point("put.reserve", "delete.reserve")
	if n := s.segmentOf(out.at); s.synced(n) == 0 {
		out.headAt = s.segmentAt(n)
		out.head = make([]byte, segmentHead)
		s.mem.read(out.head, out.headAt)
	}
	return nil
}

// errRoom means that a change must wait for the next batch.
var errRoom = errors.New("the segment is full")

func (s *Store) planOne(out *batchPlan, c *change) error {
	n := int64(len(c.buf))
	end := out.at + int64(len(out.bytes))
	if len(out.bytes) > 0 && (out.giant || s.giant(n)) {
		return errRoom
	}
	t := s.table()
	c.ahead = out.creates
	if err := s.prepare(&t, c); err != nil {
		return err
	}
	// Making room may have written to the log.
	if len(out.bytes) > 0 && (int64(s.mem.load(ctlTail)) != end || s.roomAt(end) < n) && !mutant("append.no-recheck") {
		return errRoom
	}
	if err := s.place(c, n); err != nil {
		return err
	}
	from := c.off
	if len(out.bytes) > 0 {
		from = out.at
	}
	// Before the tail moves: whoever finds us dead must know of the gap.
	s.mem.store(ctlPending, uint64(from)>>3|uint64(c.off+n-from)>>3<<33)
	if c.op == classDelete {
		point("delete.pending")
	} else {
		point("put.pending")
	}
	if !s.giant(n) {
		s.mem.store(ctlTail, uint64(c.off+n))
	}
	if c.op == classPut && c.from == refEmpty {
		out.creates++
	}
	if len(out.bytes) == 0 {
		out.at, out.giant = c.off, s.giant(n)
	}
	out.bytes = append(out.bytes, c.buf...)
	return nil
}

// writeOut writes a batch to the disk. The writers' lock is held.
func (s *Store) writeOut(out *batchPlan) error {
	out.point("put.write", "delete.write")
	bytes, at := out.bytes, out.at
	switch {
	case out.head == nil:
	case out.headAt+segmentHead == at:
		bytes, at = append(out.head, bytes...), out.headAt
	default:
		if err := s.toDisk(out.head, out.headAt); err != nil {
			return err
		}
	}
	if err := s.toDisk(bytes, at); err != nil {
		return err
	}
	out.point("put.sync", "delete.sync")
	return nil
}

// toDisk is WriteSync, with an error that says what failed.
func (s *Store) toDisk(p []byte, off int64) error {
	var err error
	switch {
	case mutant("sync.skip"):
		_, err = s.disk.WriteAt(p, off)
	default:
		err = s.disk.WriteSync(p, off)
	}
	return s.kept(err)
}

// unwrite spoils what may have come to the disk of a batch that failed, as far
// as the disk lets it.
func (s *Store) unwrite(out *batchPlan) {
	_ = s.toDisk(make([]byte, len(out.bytes)), out.at)
}

// publishAll brings the changes of a batch into the index. The lock is held.
func (s *Store) publishAll(out *batchPlan, batch []*change) error {
	for _, c := range batch {
		if c.err != nil {
			continue
		}
		t := s.table()
		if c.err = s.publishLate(&t, c); c.err != nil {
			if err := s.toDisk(make([]byte, len(c.buf)), c.off); err != nil {
				return err
			}
		}
	}
	out.point("put.finish", "delete.finish")
	s.mem.store(ctlPending, 0)
	s.helpCompact(int64(len(out.bytes)))
	if len(out.bytes) > 0 && out.head != nil {
		s.setSynced(s.segmentOf(out.at), max(s.synced(s.segmentOf(out.at)), segmentHead))
	}
	return nil
}

// publishLate publishes a change that was decided before the disk took it. The
// index may have moved, the record too; only those who write without the disk
// may have changed it.
func (s *Store) publishLate(t *table, c *change) error {
	before := c.from != refEmpty
	slot, from := s.find(t, &c.id)
	if slot == 0 {
		return errNoRoom("the index has no place for the record")
	}
	switch {
	case from == c.from:
	case from != refEmpty && before && c.sameRecord(s, from):
	case from == refEmpty && before && c.op == classDelete:
		return nil
	case c.op == classDelete || c.fresh:
		// Changed by one who writes without the disk, or swept after it had
		// expired. What that left in the log has a later number than c, and
		// would stand against it when the index is made anew.
		return errAgain
	case from == refEmpty:
		return coatcheck.ErrNotFound
	default:
		s.loser(c).Store(true)
		return coatcheck.ErrConflict
	}
	if c.op == classDelete && from != c.from {
		if err := s.buryCopy(c, from); err != nil {
			return err
		}
	}
	c.slot, c.from = slot, from
	s.publish(t, c)
	return nil
}

// loser is where it stands that a Replace which ends a session came too late, since
// the session was changed while the disk was waited for. The next try, of a later
// version, keeps others waiting: one that is changed without a pause could not be
// ended otherwise. IDs may share a place, which costs them no more than that.
func (s *Store) loser(c *change) *atomic.Bool { return &s.beaten[int(c.id[0])%len(s.beaten)] }

// buryCopy writes another tombstone if what is being deleted was moved, while
// the disk was waited for, into a segment that began after the tombstone got its
// number: nobody would keep that one for the sake of the copy there. It need not
// be on the disk before the first one goes, which waits for that.
func (s *Store) buryCopy(c *change, at ref) error {
	if s.mem.load(entryAt(s.segmentOf(at.offset()), entBorn)) <= c.buf.seq() {
		return nil
	}
	s.urgent = true
	defer func() { s.urgent = false }()
	return s.bury(c.id, c.buf.horizon())
}

// sameRecord reports whether what a change found has only been moved.
func (c *change) sameRecord(s *Store, at ref) bool {
	var head [recHead]byte
	s.mem.read(head[:], at.offset())
	return entry(head[:]).headWhole() && c.before != nil && entry(head[:]).seq() == c.before.seq()
}
