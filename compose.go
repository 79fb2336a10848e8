package coatcheck

import (
	"fmt"
	"time"
)

// maxSkew is how far in the future a record may have been created, by the
// clock of another machine, and still be believed.
const maxSkew = 5 * time.Minute

// whole cuts a time to the milliseconds that stores keep.
func whole(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// timeouts returns the pair that applies to a session of owner.
func (o *Options) timeouts(owner string) (idle, absolute time.Duration) {
	if owner == "" {
		return o.AnonymousIdleTimeout, o.AnonymousAbsoluteTimeout
	}
	return o.IdleTimeout, o.AbsoluteTimeout
}

// compose fills in rec's Data, Meta and, as of now, Expires: base's values with
// the changes c. Data and Meta share one allocation. Everything else of rec is in
// place. had is the length of the data before: what is over a limit already
// may stay, but not grow.
func (s *Session) compose(rec *Record, now time.Time, base *fields, c *changes, md meta, had int) (meta, error) {
	switch c.persist {
	case persistOn:
		md.persistent = true
	case persistOff:
		md.persistent = false
	}
	md.idle, _ = s.m.opts.pair(rec.Owner, &md)
	var room [few]int
	sp := splice{base: base, c: c, at: c.places(base, room[:0])}
	keys := sp.keys()
	if keys > s.m.opts.MaxKeys && keys > len(base.list) {
		return md, fmt.Errorf("%w: %d keys; Options.MaxKeys allows %d", ErrTooLarge, keys, s.m.opts.MaxKeys)
	}
	var array [fewFields]field
	list := array[:0]
	if keys > fewFields {
		list = nil
	}
	var buf []byte
	if s.m.json {
		buf, list = sp.appendJSON(make([]byte, 0, sp.size()+md.size()), list)
	} else {
		buf = sp.appendBy(s.m.opts.Codec)
	}
	n := len(buf)
	if n > s.m.opts.MaxBytes && n > had {
		return md, fmt.Errorf("%w: %d bytes; Options.MaxBytes allows %d", ErrTooLarge, n, s.m.opts.MaxBytes)
	}
	rec.Data = buf[:n:n]
	rec.Meta = md.append(buf[n:n:cap(buf)], rec.ID)
	rec.Expires = whole(earlier(after(now, s.spell(rec.Owner, md.idle)), rec.Deadline))
	seal(rec)
	if s.m.json && list != nil {
		s.m.indexes.note(rec, list) // its visitor will soon be back
	}
	return md, nil
}

// rest returns what a session leaves in its place when it ends, a stub or a
// tomb: it has no owner, no data and a minute to live, and no save can get past
// it.
func (c *caller) rest(old *Record, state state) *Record {
	end := whole(c.m.opts.Now().Add(restLife))
	rec := &Record{
		ID:       old.ID,
		Created:  old.Created,
		AuthTime: old.AuthTime,
		Deadline: end,
		Expires:  end,
		Version:  newVersion(old.Version),
	}
	md := meta{state: state, idle: NoTimeout}
	rec.Meta = md.append(nil, rec.ID)
	seal(rec)
	return rec
}

// restLife is longer than any request that still carries the old token should
// take, so that each of them learns that its token was replaced.
const restLife = time.Minute
