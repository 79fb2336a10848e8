package coatcheck

import "slices"

// A change is what is pending for one key: a value to set, a removal, or the
// provisional result of update functions.
type change struct {
	name    string
	value   []byte
	present bool      // false: the key is removed
	fn      updater   // the first update function, nil when the value is final
	more    []updater // those that follow it
}

// changes are what a session has not saved yet: at most one change for each
// key, in the order in which the keys were first changed.
type changes struct {
	list    []change
	cleared bool // every key that is not in list is removed
	persist persistence
}

// persistence is a pending change of the cookie's kind.
type persistence uint8

const (
	persistKept persistence = iota
	persistOn
	persistOff
)

// sameAs reports whether the change asks for what is the case already.
func (p persistence) sameAs(persistent bool) bool {
	return p == persistOn && persistent || p == persistOff && !persistent
}

func (c *changes) empty() bool {
	return len(c.list) == 0 && !c.cleared && c.persist == persistKept
}

// find returns the change of a key, or nil.
func (c *changes) find(name string) *change {
	for i := range c.list {
		if c.list[i].name == name {
			return &c.list[i]
		}
	}
	return nil
}

// put adds a change that needs no old value.
func (c *changes) put(ch change) {
	if old := c.find(ch.name); old != nil {
		*old = ch
		return
	}
	c.list = append(c.list, ch)
}

// putUpdate adds an update whose provisional result is value.
func (c *changes) putUpdate(name string, value []byte, fn updater) {
	switch old := c.find(name); {
	case old == nil && c.cleared:
		// The old value is known to be none, so the result is final.
		c.list = append(c.list, change{name: name, value: value, present: true})
	case old == nil:
		c.list = append(c.list, change{name: name, value: value, present: true, fn: fn})
	default:
		old.value, old.present = value, true
		if old.fn != nil {
			old.more = append(old.more, fn)
		}
	}
}

// over returns the changes that have the effect of older and then of newer.
func over(older, newer changes) changes {
	if older.empty() {
		return newer
	}
	if newer.cleared {
		if newer.persist == persistKept {
			newer.persist = older.persist
		}
		return newer
	}
	older.list = slices.Clip(older.list)
	for _, ch := range newer.list {
		if ch.fn == nil {
			older.put(ch)
			continue
		}
		older.putUpdate(ch.name, ch.value, ch.fn)
		for _, fn := range ch.more {
			older.putUpdate(ch.name, ch.value, fn)
		}
	}
	if newer.persist != persistKept {
		older.persist = newer.persist
	}
	return older
}

// keys counts the keys that base has after the changes.
func (c *changes) keys(base *fields) int {
	n := 0
	if !c.cleared {
		n = len(base.list)
	}
	for i := range c.list {
		had := !c.cleared && base.find(c.list[i].name) >= 0
		switch {
		case c.list[i].present && !had:
			n++
		case !c.list[i].present && had:
			n--
		}
	}
	return n
}

// size is an upper bound of the encoded data's length after the changes.
func (c *changes) size(base *fields) int {
	n := 2
	if !c.cleared {
		n += len(base.buf)
	}
	for i := range c.list {
		// Six bytes for a character that JSON must escape.
		n += 6*len(c.list[i].name) + len(c.list[i].value) + 4
	}
	return n
}

// appendJSON appends base with the changes as one JSON object. Runs of
// untouched members are copied whole.
func (c *changes) appendJSON(b []byte, base *fields) []byte {
	start := len(b)
	b = append(b, '{')
	comma := func() {
		if len(b) > start+1 {
			b = append(b, ',')
		}
	}
	if !c.cleared {
		from := -1 // where the run of untouched members begins
		for i := range base.list {
			e := &base.list[i]
			ch := c.findRaw(base, i)
			if ch == nil {
				if from < 0 {
					from = int(e.key) - 1
				}
				continue
			}
			if from >= 0 {
				comma()
				b = append(b, base.buf[from:base.list[i-1].end]...)
				from = -1
			}
			if ch.present {
				comma()
				b = append(b, base.buf[e.key-1:e.keyEnd&^escaped+1]...)
				b = append(b, ':')
				b = append(b, ch.value...)
			}
		}
		if from >= 0 {
			comma()
			b = append(b, base.buf[from:base.list[len(base.list)-1].end]...)
		}
	}
	for i := range c.list {
		ch := &c.list[i]
		if ch.present && (c.cleared || base.find(ch.name) < 0) {
			comma()
			b = appendJSONString(b, ch.name)
			b = append(b, ':')
			b = append(b, ch.value...)
		}
	}
	return append(b, '}')
}

// findRaw is find for the key of a member, which it does not turn into a
// string unless it must.
func (c *changes) findRaw(base *fields, i int) *change {
	e := base.list[i]
	if e.keyEnd&escaped != 0 {
		return c.find(base.key(i))
	}
	raw := base.buf[e.key:e.keyEnd]
	for j := range c.list {
		if c.list[j].name == string(raw) {
			return &c.list[j]
		}
	}
	return nil
}

// appendBy does what appendJSON does, by any codec.
func (c *changes) appendBy(codec Codec, base *fields) []byte {
	var b []byte
	if !c.cleared {
		for i := range base.list {
			ch := c.findRaw(base, i)
			switch {
			case ch == nil:
				b = codec.AppendEntry(b, base.key(i), base.value(i))
			case ch.present:
				b = codec.AppendEntry(b, base.key(i), ch.value)
			}
		}
	}
	for i := range c.list {
		ch := &c.list[i]
		if ch.present && (c.cleared || base.find(ch.name) < 0) {
			b = codec.AppendEntry(b, ch.name, ch.value)
		}
	}
	return b
}
