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
