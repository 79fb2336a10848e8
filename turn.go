package coatcheck

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// How old tokens end after a rotation.
const (
	// graceLife is how long an old token lives on when its successor was
	// shown: longer than the requests take that were sent before the browser
	// had the new cookie.
	graceLife = 30 * time.Second

	// aliasLife is how long an old token is at least remembered, unless its
	// session ends sooner.
	aliasLife = 24 * time.Hour

	// shortestTurn leaves the grace of one rotation behind before the next.
	shortestTurn = time.Minute

	// turnRest is how long a process leaves a session alone whose rotation it
	// tried or tries.
	turnRest = 10 * time.Second
)

// Optional parts of a Meta.
const (
	partAlias partTag = 2
	partTurn  partTag = 3
)

// A turn is a part of a session's Meta: since when it has its token, and which
// one it had before. A session without it has the token since its birth or its
// login.
type turn struct {
	at   time.Time // when the token was first shown by its client, or else when it was made
	seen bool      // it was shown, so that the one before ends
	old  ID        // of the one before; zero if there is none
}

// turn returns the part, if there is one.
func (m *meta) turn() (t turn, ok bool) {
	b := m.parts.get(partTurn)
	if len(b) != 9 && len(b) != 9+len(t.old) {
		return t, false
	}
	t.at, t.seen = time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC(), b[8] != 0
	copy(t.old[:], b[9:])
	return t, true
}

// put makes t a part of m.
func (t turn) put(m *meta) {
	b := append(binary.BigEndian.AppendUint64(nil, uint64(t.at.UnixMilli())), 0)
	if t.seen {
		b[8] = 1
	}
	if !t.old.IsZero() {
		b = append(b, t.old[:]...)
	}
	m.parts = m.parts.with(partTurn, b)
}

// unseen reports whether nobody has shown the session's token yet.
func (m *meta) unseen() bool {
	t, ok := m.turn()
	return ok && !t.seen
}

// see notes that the token was shown, and reports whether that is news.
func (m *meta) see(now time.Time) bool {
	t, ok := m.turn()
	if !ok || t.seen {
		return false
	}
	if now.After(t.at) { // else this clock is behind the one by which it was made
		t.at = now
	}
	t.seen = true
	t.put(m)
	return true
}

// over reports whether the token before t's is to open nothing any more.
func (t turn) over(now time.Time) bool { return t.seen && !now.Before(t.at.Add(graceLife)) }

// turnable reports whether RotateEvery has passed since a session got its token
// or, if that was never shown, since that could first have been: whether a
// rotation may have taken place that the session does not know of.
func (m *Manager) turnable(rec *Record, md *meta, now time.Time) bool {
	if m.opts.RotateEvery == 0 {
		return false
	}
	t, ok := md.turn()
	if !ok {
		t.at = rec.Created
		if rec.AuthTime.After(t.at) {
			t.at = rec.AuthTime
		}
	}
	return now.Sub(t.at) >= m.opts.RotateEvery
}

// turnDue reports whether a session ought to get a new token. One whose token
// was never shown has a new one already. One whose owner's login nobody knows
// of waits for the next: its alias would pass for an anonymous session, which
// stores may end to make room.
func (m *Manager) turnDue(rec *Record, md *meta, now time.Time) bool {
	return m.turnable(rec, md, now) && !md.unseen() && (rec.Owner == "" || !rec.AuthTime.IsZero())
}

// A nonce makes the successor of a token one that nobody can foresee.
type nonce [16]byte

// rotateDomain separates these hashes from all others.
const rotateDomain = "cc1/rotate"

// successor is the token that a rotation puts in the place of t. Whoever has t
// and the nonce, which stands in t's alias, finds it; without t nobody does.
func (t Token) successor(n nonce) Token {
	mac := hmac.New(sha256.New, []byte(t))
	mac.Write([]byte(rotateDomain))
	mac.Write(n[:])
	return Token(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// A link is a part of an alias' Meta: where its session went.
type link struct {
	nonce nonce
	next  ID
}

// link returns the part. An alias without it leads nowhere.
func (m *meta) link() (k link, ok bool) {
	b := m.parts.get(partAlias)
	if len(b) != len(k.nonce)+len(k.next) {
		return k, false
	}
	copy(k.next[:], b[copy(k.nonce[:], b):])
	return k, true
}

// put makes k a part of m.
func (k link) put(m *meta) {
	m.parts = m.parts.with(partAlias, append(append([]byte(nil), k.nonce[:]...), k.next[:]...))
}

// alias returns what takes the place of old when its session moves to k: like a
// stub it has neither owner nor data, but it leads on, and lives as long as the
// old token may be shown. How that token came to be stays known, so that the
// one before it is judged by it.
func (c *caller) alias(old *Record, md meta, k link) *Record {
	now := c.m.opts.Now()
	rec := &Record{
		ID:       old.ID,
		Created:  old.Created,
		AuthTime: old.AuthTime,
		Deadline: old.Deadline,
		Version:  newVersion(old.Version),
	}
	expires := after(now, md.idle)
	if least := now.Add(aliasLife); expires.Before(least) {
		expires = least
	}
	rec.Expires = whole(earlier(expires, rec.Deadline))
	rest := meta{state: stateAlias, idle: NoTimeout}
	rest.parts = rest.parts.with(partTurn, md.parts.get(partTurn))
	k.put(&rest)
	rec.Meta = rest.append(nil, rec.ID)
	seal(rec)
	return rec
}
