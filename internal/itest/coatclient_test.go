package itest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// What a coat holds: a counter, some keys, and whose it is.
var (
	counterKey = coatcheck.NewKey[int]("counter")
	tagKey     = coatcheck.NewKey[string]("tag")
	flagKeys   = [...]coatcheck.Key[bool]{
		coatcheck.NewKey[bool]("k0"), coatcheck.NewKey[bool]("k1"), coatcheck.NewKey[bool]("k2"),
		coatcheck.NewKey[bool]("k3"), coatcheck.NewKey[bool]("k4"), coatcheck.NewKey[bool]("k5"),
	}
)

// A coatClient does random things to coats through one of the managers.
type coatClient struct {
	*client
	room *cloakroom
	rand *rand.Rand
	ids  int
}

func newCoatClient(c *client, room *cloakroom) *coatClient {
	return &coatClient{client: c, room: room, rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
}

// run does n things.
func (c *coatClient) run(n int) {
	for range n {
		hook := c.rand.IntN(len(c.room.hooks))
		m := c.room.managers[c.rand.IntN(len(c.room.managers))]
		coat := c.room.take(hook)
		if coat == nil {
			c.birth(m, hook)
			continue
		}
		o := c.draw(coat)
		var token coatcheck.Token
		o.token, token = coat.draw(c.rand)
		c.do(m, coat, o, token)
		if o.eraser >= maxErasers-coatClients-1 || o.end == endDead && coat.newest(o.token) {
			c.room.discard(hook, coat)
		}
	}
}

// draw thinks of something to do to a coat.
func (c *coatClient) draw(coat *coat) *coatOp {
	c.ids++
	o := &coatOp{id: c.ids<<8 | c.n, coat: coat.n, key: uint8(c.rand.IntN(len(flagKeys)))}
	switch n := c.rand.IntN(100); {
	case n < 22:
		o.way = wayRead
	case n < 50:
		o.way = waySave
	case n < 62:
		o.way = wayTransact
	case n < 72:
		o.way = wayUpdate
	case n < 82:
		o.way = wayRenew
	case n < 91:
		o.way = wayLogin
	case n < 95:
		o.way = wayDestroy
	case n < 98, !c.room.owners:
		o.way = wayErase
	default:
		o.way = wayEraseOwner
	}
	switch o.way {
	case waySave:
		o.edit = c.edit(editPop)
	case wayTransact, wayUpdate:
		o.edit = c.edit(edits)
	case wayRenew, wayLogin:
		if c.rand.IntN(2) == 0 {
			o.edit = c.edit(editPop)
		}
	}
	return o
}

// edit draws one that is less than below; half of them count.
func (c *coatClient) edit(below edit) edit {
	if c.rand.IntN(2) == 0 {
		return editAdd
	}
	return editSet + edit(c.rand.IntN(int(below-editSet)))
}

// birth begins a session and puts it onto a hook.
func (c *coatClient) birth(m *coatcheck.Manager, hook int) {
	ctx, coat := context.Background(), c.room.name()
	o := &coatOp{coat: coat.n, way: wayBirth, owned: c.rand.IntN(3) == 0}
	call := c.h.now()
	s, err := m.Open(ctx, "")
	if err != nil {
		c.room.report("Open of no token: %v", err)
		return
	}
	tagKey.Set(s, tag(coat))
	change(s, editAdd, 0)
	if o.owned {
		err = s.Login(ctx, coat.owner)
	} else {
		err = s.Save(ctx)
	}
	end, known := endOf(err)
	if !known || end == endGone || end == endDead {
		c.room.report("birth: %v", err)
	}
	if err != nil {
		return // nobody knows its token
	}
	o.next, o.view = coat.learn(s.Token(), c.room.round), c.view(s, coat)
	c.record(call, o)
	c.room.hang(hook, coat)
}

func tag(c *coat) string { return fmt.Sprint("coat ", c.n) }

// change makes an edit by the keys of a session.
func change(s *coatcheck.Session, e edit, key uint8) {
	switch e {
	case editAdd:
		counterKey.Update(s, func(n int) int { return n + 1 })
	case editSet:
		flagKeys[key].Set(s, true)
	case editDrop:
		flagKeys[key].Delete(s)
	case editClear:
		s.Clear()
	}
}

// view reads what a session shows, and reports another's coat.
func (c *coatClient) view(s *coatcheck.Session, coat *coat) holding {
	v := holding{count: counterKey.Get(s)}
	for _, name := range s.Keys() {
		if digit, ok := strings.CutPrefix(name, "k"); ok {
			k, err := strconv.Atoi(digit)
			if err != nil {
				c.room.report("coat %d holds a key %q", coat.n, name)
			}
			v.keys |= 1 << k
		}
	}
	if got, ok, err := tagKey.Lookup(s); err != nil || ok && got != tag(coat) {
		c.room.report("coat %d shows %q, %v", coat.n, got, err)
	}
	return v
}
