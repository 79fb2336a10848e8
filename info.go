package coatcheck

import (
	"context"
	"errors"
	"iter"
	"time"
)

// An Info describes a session in a list. It holds no token and no values.
type Info struct {
	ID         ID
	Owner      string
	Created    time.Time // when it was born
	AuthTime   time.Time // when its owner logged in; zero if nobody did, or nobody knows
	LastSeen   time.Time // last use that was written down, see Options.IdleTimeout; at most Deadline less the idle timeout; Created if there is none
	Expires    time.Time // when it ends unless it is used
	Deadline   time.Time // when it ends whatever happens
	Device     string    // what Options.DeviceLabel made of the request that began it
	Address    string    // what Options.AddressLabel made of it
	Persistent bool      // its cookie outlives the browser's session
	Bytes      int       // length of its encoded data
}

// Sessions yields the live sessions of owner, in no particular order. That of
// the request which asks is among them under the ID of [Session.ID], unless
// another request has given it a new token meanwhile, or has ended it: [Manager.Open]
// tells. After an error it ends: [ErrUnsupported] when the store cannot find them,
// [ErrInvalid] for owner "", or what the store said.
func (m *Manager) Sessions(ctx context.Context, owner string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := errors.Join(checkOwner(owner), m.usable(ctx)); err != nil {
			yield(Info{}, err)
			return
		}
		c := m.scratchCaller()
		shown := make(map[ID]bool)
		for id, err := range m.owned(ctx, owner) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			rec, md, err := c.load(ctx, id)
			if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
				continue // the index outlives its records
			}
			if err != nil {
				yield(Info{}, err)
				return
			}
			if rec.Owner != owner || md.state != stateLive {
				continue
			}
			if t, ok := md.turn(); ok && shown[t.old] {
				continue // it was rotated in between, and its old ID leads to it
			}
			shown[id] = true
			if stray, err := c.stray(ctx, rec, &md); err != nil {
				yield(Info{}, err)
				return
			} else if !stray && !yield(rec.info(md), nil) {
				return
			}
		}
	}
}

// All yields every live session of the store that this library wrote, those
// of managers with other names included. One that gets another token while they
// are listed may be among them twice, under both IDs, or not at all. Errors are
// those of [Manager.Sessions].
func (m *Manager) All(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := m.usable(ctx); err != nil {
			yield(Info{}, err)
			return
		}
		c := m.scratchCaller()
		for rec, err := range m.listed(ctx) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			md, reason := openMeta(rec, rec.ID)
			if reason != "" || md.state != stateLive || !rec.Live(m.opts.Now()) {
				continue
			}
			if stray, err := c.stray(ctx, rec, &md); err != nil {
				yield(Info{}, err)
				return
			} else if !stray && !yield(rec.info(md), nil) {
				return
			}
		}
	}
}

// Info describes the session as lists do; the zero Info while nothing is
// stored. Pending changes are not counted.
func (s *Session) Info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return Info{}
	}
	return s.rec.info(s.meta())
}

func (r *Record) info(md meta) Info {
	i := Info{
		ID:         r.ID,
		Owner:      r.Owner,
		Created:    r.Created,
		AuthTime:   r.AuthTime,
		LastSeen:   r.Created,
		Expires:    r.Expires,
		Deadline:   r.Deadline,
		Device:     string(md.device),
		Address:    string(md.parts.get(partAddress)),
		Persistent: md.persistent,
		Bytes:      len(r.Data),
	}
	if md.idle != NoTimeout {
		if seen := r.Expires.Add(-md.idle); seen.After(i.LastSeen) {
			i.LastSeen = seen
		}
	}
	return i
}
