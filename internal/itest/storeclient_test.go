package itest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coatcheck/coatcheck"
)

// What clients give for times. Touches may ask for more than the deadline
// allows; stubs have the shortest deadline that lives.
const (
	farthest = 5
	stubEnd  = 1
)

// A storeWorld is the IDs on which the clients of one history meet.
type storeWorld struct {
	store  coatcheck.Store
	name   string // of the history: no other one has its IDs
	start  time.Time
	size   int // number of IDs
	report func(format string, args ...any)
}

func (w *storeWorld) id(session int) coatcheck.ID {
	return sha256.Sum256(fmt.Appendf(nil, "%s/%d", w.name, session))
}

// at is the moment of a class.
func (w *storeWorld) at(class int8) time.Time {
	if class <= ended {
		return w.start.Add(-time.Hour)
	}
	return w.start.Add(time.Duration(class) * time.Hour)
}

// class is the reverse of at, -1 for a moment that no client gave.
func (w *storeWorld) class(at time.Time) int8 {
	for c := int8(ended); c <= farthest; c++ {
		if w.at(c).Equal(at) {
			return c
		}
	}
	return -1
}

// record makes a record of a content. Its fields follow from the value, so that
// a mixture of two records gives itself away; a stub has an odd version.
func (w *storeWorld) record(session int, c content) *coatcheck.Record {
	rec := &coatcheck.Record{
		ID:       w.id(session),
		Data:     fmt.Appendf(nil, "%d %x", c.value, bytes.Repeat([]byte{byte(c.value)}, int(c.value%64))),
		Meta:     fmt.Appendf(nil, "meta of %d", c.value),
		Created:  w.start.Add(-time.Minute),
		Deadline: w.at(c.deadline),
		Expires:  w.at(c.expires),
		Version:  c.version,
	}
	if session%2 == 0 {
		rec.AuthTime = w.start
		if c.version%2 == 0 {
			rec.Owner = fmt.Sprintf("owner of %d", session)
		}
	}
	return rec
}

// content reads a record, and reports one that nobody can have stored.
func (w *storeWorld) content(session int, rec *coatcheck.Record) content {
	c := content{version: rec.Version, expires: w.class(rec.Expires), deadline: w.class(rec.Deadline)}
	if _, err := fmt.Sscanf(string(rec.Data), "%d ", &c.value); err != nil {
		w.report("data of session %d is torn: %q", session, rec.Data)
		return c
	}
	// The version is the model's to judge: a mixture of old data and a new
	// version makes a history that is wrong, not a record.
	c.version = rec.Version
	want := w.record(session, c)
	if rec.ID != want.ID || rec.Owner != want.Owner || !bytes.Equal(rec.Data, want.Data) || !bytes.Equal(rec.Meta, want.Meta) ||
		!rec.Created.Equal(want.Created) || !rec.AuthTime.Equal(want.AuthTime) || c.expires < 0 || c.deadline < 0 {
		w.report("record of session %d is a mixture:\n got %+v\nwant %+v", session, rec, want)
	}
	return c
}

// A storeClient makes random calls. It remembers the versions that it has seen.
type storeClient struct {
	*client
	w      *storeWorld
	rand   *rand.Rand
	values uint64
	seen   []uint64 // by session: the last version seen
}

func newStoreClient(c *client, w *storeWorld) *storeClient {
	return &storeClient{client: c, w: w, rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), seen: make([]uint64, w.size)}
}

// run makes n calls.
func (c *storeClient) run(n int) {
	for range n {
		c.one(c.draw())
	}
}

// draw thinks of a call.
func (c *storeClient) draw() *storeOp {
	o := &storeOp{session: c.rand.IntN(c.w.size)}
	switch n := c.rand.IntN(100); {
	case n < 25:
		o.call = callLoad
	case n < 40:
		o.call = callCreate
		o.content = c.fresh(0)
	case n < 75:
		o.call = callReplace
		o.old = c.seen[o.session]
		if c.rand.IntN(10) == 0 {
			o.old += 2 // which nobody has
		}
		o.content = c.fresh(o.old)
	case n < 88:
		o.call = callTouch
		o.expires = int8(c.rand.IntN(farthest + 3))
	default:
		o.call = callDelete
	}
	return o
}

// fresh is content that was never stored. Over a stub it is one too: under one
// ID the deadline moves only to end the record.
func (c *storeClient) fresh(old uint64) content {
	c.values++
	n := content{value: uint64(c.n+1)<<32 | c.values, deadline: farthest}
	n.version = n.value << 8 // no value is so great that this overflows
	if end := c.rand.IntN(12); old != 0 && (old%2 == 1 || end == 0) {
		n.version |= 1
		n.deadline = stubEnd
		if end%2 == 0 {
			n.deadline = ended
		}
	}
	n.expires = min(n.deadline, int8(1+c.rand.IntN(farthest)))
	return n
}

// one makes a call and records it.
func (c *storeClient) one(o *storeOp) {
	ctx, w := context.Background(), c.w
	id := w.id(o.session)
	call := c.h.now()
	var rec *coatcheck.Record
	var err error
	switch o.call {
	case callLoad:
		rec, err = w.store.Load(ctx, id)
	case callCreate:
		err = w.store.Create(ctx, w.record(o.session, o.content))
	case callReplace:
		err = w.store.Replace(ctx, w.record(o.session, o.content), o.old)
	case callTouch:
		err = w.store.Touch(ctx, id, w.at(o.expires))
	case callDelete:
		err = w.store.Delete(ctx, id)
	}
	ret := c.h.now()
	if errors.Is(err, errVoid) {
		return
	}
	var ok bool
	if o.answer, ok = answerOf(err); !ok {
		w.report("%s: %v", storeCallNames[o.call], err)
	}
	if rec != nil {
		o.content = w.content(o.session, rec)
	}
	c.learn(o)
	switch {
	case o.answer != answerUnknown:
		c.recordAt(call, ret, o)
	case o.call != callLoad:
		c.recordOpen(call, o)
	}
}

// learn remembers the version that the record has now.
func (c *storeClient) learn(o *storeOp) {
	written := o.call == callLoad || o.call == callCreate || o.call == callReplace
	if written && (o.answer == answerOK || o.answer == answerUnknown && o.call != callLoad && c.rand.IntN(2) == 0) {
		c.seen[o.session] = o.content.version
	}
}
