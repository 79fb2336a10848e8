package ring

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// A cell is what one member has under one ID.
type cell struct {
	kind kind
	raw  *coatcheck.Record // as it is stored; nil if nothing is
	rec  *coatcheck.Record // the core's record, of kindLive and kindCopy
	peer envelope          // with the member that a stub points to or a copy comes from
	move uint64            // the move that a stub or a copy is part of; 0 of a plain stub
}

// read tells what a stored record means on a member of this epoch. What was
// written in another epoch is not there, but has a version to be replaced at.
func read(raw *coatcheck.Record, epoch uint64) cell {
	e, ok := open(raw)
	if !ok {
		if epoch != 0 {
			return cell{kind: kindDead, raw: raw}
		}
		return cell{kind: kindLive, raw: raw, rec: raw}
	}
	c := cell{kind: kindDead, raw: raw, peer: e, move: e.move}
	if e.kind == storedFences {
		c.kind = kindFences
		return c
	}
	if e.epoch != epoch {
		return c
	}
	switch e.kind {
	case storedStub:
		c.kind = kindStub
	case storedDead:
		c.kind = kindDying
	case storedCopy, storedReturn, storedFenced:
		if rec, ok := disclose(raw, &e); ok {
			c.rec, c.kind = rec, kindCopy
			if e.kind == storedFenced {
				c.kind = kindLive
			}
		}
	}
	return c
}

// touched reports whether a touch would do nothing to the record.
func (c *cell) touched(expires time.Time) bool {
	return c.kind == kindLive && c.rec.Touched(expires) == c.rec
}

// shortened returns what takes the place of a cell without a record so that it
// ends at a time: the same stub, or what means nothing.
func (c *cell) shortened(epoch uint64, end time.Time) *coatcheck.Record {
	e := envelope{kind: storedCopy} // an empty copy, which read takes for kindDead
	if c.kind == kindStub {
		e = c.peer
	}
	return stub(c.raw, epoch, e, end, end)
}
