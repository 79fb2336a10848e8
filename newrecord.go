package coatcheck

import (
	"fmt"
	"time"
)

// NewRecord returns a record for a session that another system has kept until
// now, for [Store].Create or a store's import: from then on the client that
// holds token has this session. No I/O happens.
//
// The session begins now. owner is who was logged in, "" if nobody was; when
// that was is not known, so [Session.AuthTime] is zero until the next login.
// data is what the manager's codec reads, by default a JSON object; the record
// keeps it. The session ends at expires whatever happens, or sooner if the
// manager's timeouts say so: moving makes it live no longer. If the other system
// moves its deadline at each use, give the last moment to which it could.
//
// A token that has not the form of ours, or an owner that is too long, is
// [ErrInvalid]; so is data that the codec cannot split. Data over a limit is
// [ErrTooLarge].
//
// Give it tokens and owners from the other system's store only, never from a
// request: who could choose a token could share the session with its next
// owner. Logging in is [Session.Login], which renews the token; this is not.
func (m *Manager) NewRecord(token Token, owner string, data []byte, expires time.Time) (*Record, error) {
	if m.sealsAll() {
		return nil, errElsewhere
	}
	if why := tokenFault(string(token)); why != "" {
		return nil, fmt.Errorf("%w: not a session token: %s", ErrInvalid, why)
	}
	if owner != "" {
		if err := checkOwner(owner); err != nil {
			return nil, err
		}
	}
	if len(data) > m.opts.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes; Options.MaxBytes allows %d", ErrTooLarge, len(data), m.opts.MaxBytes)
	}
	var f fields
	if err := f.split(m.opts.Codec, data, m.opts.MaxKeys); err != nil {
		return nil, fmt.Errorf("%w: the data of the session: %w", ErrInvalid, err)
	}
	now := whole(m.opts.Now())
	rec := &Record{ID: m.ID(token), Owner: owner, Data: data, Created: now, Version: newVersion(0)}
	idle, absolute := m.opts.timeouts(owner)
	rec.Deadline = whole(earlier(expires, after(now, absolute)))
	rec.Expires = whole(earlier(rec.Deadline, after(now, idle)))
	md := meta{idle: idle}
	rec.Meta = md.append(nil, rec.ID)
	seal(rec)
	return rec, nil
}
