package itest_test

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// do does one thing to a coat and records what is known of it.
func (c *coatClient) do(m *coatcheck.Manager, coat *coat, o *coatOp, token coatcheck.Token) {
	var tr trace
	ctx := traced(context.Background(), &tr)
	_, done := coat.erasure()
	o.aged = coat.aged(o.token, c.room.round)
	call := c.h.now()
	err := c.try(ctx, m, coat, o, token)
	if o.end == endOK {
		var known bool
		if o.end, known = endOf(err); !known {
			c.room.report("%v: %v", o, err)
		}
	}
	if o.way == wayEraseOwner && o.end == endOK && tr.faults == 0 {
		coat.eraseDone()
	}
	begun, _ := coat.erasure()
	o.shadowed = begun > done || begun > 0 && o.way == wayErase
	c.write(call, o, tr.faults > 0)
}

// try makes the calls. It fills in what the operation returned.
func (c *coatClient) try(ctx context.Context, m *coatcheck.Manager, coat *coat, o *coatOp, token coatcheck.Token) error {
	switch o.way {
	case wayErase:
		return m.Destroy(ctx, m.ID(token))
	case wayEraseOwner:
		o.eraser = coat.erase()
		_, err := m.DestroyOwner(ctx, coat.owner)
		return err
	case wayUpdate:
		return m.Update(ctx, m.ID(token), func(s *coatcheck.Session) error { return c.within(s, coat, o) })
	}
	if c.room.turning {
		return c.visit(ctx, m, coat, o, token)
	}
	s, err := m.Open(ctx, token)
	if err != nil {
		return err
	}
	if s.IsNew() {
		o.end = endDead
		return nil
	}
	give()
	return c.with(ctx, s, coat, o)
}

// within is the function of a transaction. It may run several times.
func (c *coatClient) within(s *coatcheck.Session, coat *coat, o *coatOp) error {
	if o.edit == editPop {
		o.popped = counterKey.Pop(s)
	}
	change(s, o.edit, o.key)
	o.view = c.view(s, coat)
	return nil
}

// with does what an open session is needed for.
func (c *coatClient) with(ctx context.Context, s *coatcheck.Session, coat *coat, o *coatOp) (err error) {
	if o.way == wayTransact {
		if err := s.Transact(ctx, func(s *coatcheck.Session) error { return c.within(s, coat, o) }); err != nil {
			return err
		}
		if seen := c.view(s, coat); seen != o.view {
			c.room.report("a transaction showed %v inside and %v afterwards", o.view, seen)
		}
		return nil
	}
	change(s, o.edit, o.key)
	switch o.way {
	case waySave:
		err = s.Save(ctx)
	case wayRenew:
		err = s.Renew(ctx)
	case wayLogin:
		err = s.Login(ctx, coat.owner)
	case wayDestroy:
		return s.Destroy(ctx)
	}
	if err != nil {
		return err
	}
	o.view = c.view(s, coat)
	if o.way == wayRenew || o.way == wayLogin {
		o.next = coat.learn(s.Token(), c.room.round)
	}
	return nil
}

// write records an operation for what it is: one that failed may have taken
// effect all the same, or will, and one that met its session's end may have
// taken effect before.
func (c *coatClient) write(call int64, o *coatOp, faults bool) {
	ret := c.h.now()
	maybe := *o
	maybe.end = endMaybe
	if o.way == wayEraseOwner {
		mark := *o
		mark.way = wayMark
		if o.end == endOK {
			c.recordAt(call, ret, &mark)
		} else {
			mark.end = endMaybe
			c.recordOpen(call, &mark)
		}
	}
	ends := o.way == wayDestroy || o.way == wayErase || o.way == wayEraseOwner
	switch {
	case o.end == endMaybe, o.end == endFailed && ends:
		c.recordOpen(call, &maybe)
	case o.end == endFailed:
		// Nothing happened, so there is nothing to explain.
	case o.end == endGone && faults && !ends:
		c.recordAt(call, ret, &maybe)
		c.recordAt(call, ret, o)
	default:
		c.recordAt(call, ret, o)
	}
}
