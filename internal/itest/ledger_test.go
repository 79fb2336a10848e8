package itest_test

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// The timeouts of the managers that the ledger describes.
const (
	memberIdle     = 10 * time.Minute
	memberAbsolute = time.Hour
	guestIdle      = 4 * time.Minute
	guestAbsolute  = 15 * time.Minute
	stubLife       = time.Minute
)

// limits returns the timeouts that apply to an owner, and how often a use is
// written down.
func limits(owner string) (idle, absolute, every time.Duration) {
	if owner == "" {
		return guestIdle, guestAbsolute, guestIdle / 20
	}
	return memberIdle, memberAbsolute, memberIdle / 20
}

// An entry is what the ledger says of one session under one ID. Under the ID of
// a renewed session stands a stub for a while.
type entry struct {
	id                               coatcheck.ID
	stub                             bool
	owner                            string
	created, auth, deadline, expires time.Time
	holds                            values
	version                          int
}

// A ledger is what ought to be true of all sessions: a map, a clock and the
// rules in plain words, single-handed.
type ledger struct {
	clock
	entries map[coatcheck.ID]*entry
	tokens  []coatcheck.Token // all there have been
	touched [managers]map[coatcheck.ID]time.Time
}

// managers is the number of managers on the one store.
const managers = 2

func newLedger() *ledger {
	l := &ledger{entries: map[coatcheck.ID]*entry{}}
	l.set(theEpoch)
	for i := range l.touched {
		l.touched[i] = map[coatcheck.ID]time.Time{}
	}
	return l
}

// whole cuts a time to the milliseconds that records keep.
func whole(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

// get returns the entry of an ID, or nil if it has expired or is not there.
func (l *ledger) get(id coatcheck.ID) *entry {
	e := l.entries[id]
	if e == nil || !l.now().Before(e.expires) {
		return nil
	}
	return e
}

// live is get for sessions: a stub is none.
func (l *ledger) live(id coatcheck.ID) *entry {
	e := l.get(id)
	if e == nil || e.stub {
		return nil
	}
	return e
}

// begin enters a new session that begins, or is logged in to, now.
func (l *ledger) begin(id coatcheck.ID, token coatcheck.Token, owner string, holds values) *entry {
	_, absolute, _ := limits(owner)
	now := whole(l.now())
	e := &entry{id: id, owner: owner, created: now, deadline: whole(now.Add(absolute)), holds: holds}
	if owner != "" {
		e.auth = now
	}
	e.expires = l.idleEnd(e)
	l.entries[id] = e
	l.tokens = append(l.tokens, token)
	return e
}

// idleEnd is when a session that is used now ends.
func (l *ledger) idleEnd(e *entry) time.Time {
	idle, _, _ := limits(e.owner)
	end := l.now().Add(idle)
	if e.deadline.Before(end) {
		end = e.deadline
	}
	return whole(end)
}

// extend moves the idle deadline, later only.
func (e *entry) extend(end time.Time) {
	if end.After(e.expires) {
		e.expires = end
	}
}

// write saves changes. What changes nothing is no use of the session.
func (l *ledger) write(e *entry, p *pending) {
	next := p.apply(e.holds)
	if next.json() == e.holds.json() {
		return
	}
	e.holds = next
	e.version++
	e.extend(l.idleEnd(e))
}

// succeed ends a session in favour of one under another ID.
func (l *ledger) succeed(e *entry) {
	end := whole(l.now().Add(stubLife))
	l.entries[e.id] = &entry{id: e.id, stub: true, created: e.created, auth: e.auth, deadline: end, expires: end}
}

// use is what a manager does when a session is used: if that was not written
// down lately, it is now. as is the session as the manager knows it. What a
// renewal left in its place hides that it has ended, but not from who looks.
func (l *ledger) use(m int, as *entry, looks bool) (gone bool) {
	idle, _, every := limits(as.owner)
	if !as.expires.Before(as.deadline) || l.now().Sub(as.expires.Add(-idle)) < every {
		return false
	}
	if last, ok := l.touched[m][as.id]; ok && l.now().Sub(last) < every {
		return false
	}
	l.touched[m][as.id] = l.now()
	e := l.get(as.id)
	if e == nil || e.stub && looks {
		return true
	}
	if !e.stub {
		e.extend(l.idleEnd(e))
	}
	as.extend(l.idleEnd(as))
	return false
}

// ofOwner returns the live sessions of an owner.
func (l *ledger) ofOwner(owner string) (all []*entry) {
	for id, e := range l.entries {
		if l.live(id) != nil && e.owner == owner {
			all = append(all, e)
		}
	}
	return all
}
