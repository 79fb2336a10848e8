package coatcheck

import "time"

// partRemembered marks a session that began under the pair of timeouts of
// persistent sessions. It stands only where that pair is another one.
const partRemembered partTag = 4

// remembers reports whether persistent sessions have timeouts of their own.
func (o *Options) remembers() bool {
	return o.PersistentIdleTimeout != o.IdleTimeout || o.PersistentAbsoluteTimeout != o.AbsoluteTimeout
}

// remembered reports whether a session goes by that pair.
func (m *meta) remembered() bool { return len(m.parts) > 0 && m.parts.get(partRemembered) != nil }

// pair returns the timeouts that apply to a session of owner with this Meta.
func (o *Options) pair(owner string, m *meta) (idle, absolute time.Duration) {
	if owner != "" && m.remembered() {
		return o.PersistentIdleTimeout, o.PersistentAbsoluteTimeout
	}
	return o.timeouts(owner)
}

// remember decides for the next record by which pair it goes. Only a login
// decides; a renewal goes on as the session began.
func (r *renewal) remember(s *Session, md *meta) {
	o := &s.m.opts
	if !r.login {
		if was := s.meta(); was.remembered() {
			md.parts = md.parts.with(partRemembered, []byte{1})
		}
		return
	}
	wish := r.work.changes.persist
	if on := wish == persistOn || wish == persistKept && md.persistent; !on || !o.remembers() {
		return
	}
	md.parts = md.parts.with(partRemembered, []byte{1})
	r.next.Deadline = whole(after(r.next.AuthTime, o.PersistentAbsoluteTimeout))
}

// longest returns the longest time that any session may last.
func (o *Options) longest() time.Duration {
	longest := o.AbsoluteTimeout
	for _, d := range [...]time.Duration{o.PersistentAbsoluteTimeout, o.AnonymousAbsoluteTimeout} {
		if shorter(longest, d) == longest {
			longest = d
		}
	}
	return longest
}
