package coatcheck

import (
	"context"
	"fmt"
	"iter"
)

// Update runs fn on the session of id in a transaction, as
// [Session.Transact] does, from outside a request: to change what another
// visitor's session holds. [ErrNotFound] means that no live session has the
// ID.
func (m *Manager) Update(ctx context.Context, id ID, fn func(*Session) error) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	s := newSession(m, nil)
	c := s.caller()
	rec, md, err := c.load(ctx, id)
	if err == nil && md.state != stateLive {
		err = ErrNotFound
	}
	if err == nil {
		err = s.accept(ctx, "", rec, md, c.now)
	}
	if err != nil {
		return err
	}
	defer s.close()
	return s.Transact(ctx, fn)
}

// Destroy ends the session of id. A missing one is no error.
func (m *Manager) Destroy(ctx context.Context, id ID) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	c := m.scratchCaller()
	if err := c.remove(ctx, id); err != nil {
		return err
	}
	m.emit(ctx, Event{Kind: EventDestroyed, ID: id})
	return nil
}

<<<<<<< Updated upstream
// DestroyOwner ends all sessions of owner, but those in except, and returns
// how many there were. When it returns nil, no session lives that owner logged
// in to before the call, whatever logins and renewals were under way in any
// process; logins that began later are not affected. [ErrUnsupported] means
// that the store cannot find an owner's sessions; owner "" is [ErrInvalid].
func (m *Manager) DestroyOwner(ctx context.Context, owner string, except ...ID) (n int, err error) {
	if err := checkOwner(owner); err != nil {
		return 0, err
	}
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	start := whole(m.opts.Now())
	c := m.scratchCaller()
	if !m.caps.Owners && !m.caps.List {
		return 0, fmt.Errorf("%w: it cannot find the sessions of an owner", ErrUnsupported)
	}
	mark, err := c.writeMark(ctx, owner, start)
	if err != nil {
		return 0, err
	}
	// A session that is renewed during a pass may hide from it, but leaves a
	// trace: a pass that met neither a session nor a trace was complete.
	// Traces may stay in the index for a while, so each counts once.
	traces := make(map[ID]bool)
	for again := true; again; {
		again = false
		for id, err := range m.owned(ctx, owner) {
			if err != nil {
				return n, err
			}
			if slices.Contains(except, id) {
				continue
			}
			rec, _, err := c.load(ctx, id)
			switch {
			case errors.Is(err, ErrNotFound):
				continue
			case err != nil && !errors.Is(err, ErrCorrupt):
				return n, err
			case err == nil && rec.Owner == owner && rec.AuthTime.After(start):
				continue
			case err == nil && rec.Owner != owner:
				again = again || !traces[id] // a stub: its successor may have escaped
				traces[id] = true
				continue
			}
			if err := c.remove(ctx, id); err != nil {
				return n, err
			}
			again = true
			n++
		}
		if again {
			if err := ctx.Err(); err != nil {
				return n, err
			}
		}
	}
	c.closeMark(ctx, mark)
	if n > 0 {
		m.emit(ctx, Event{Kind: EventDestroyed, Owner: owner, N: n})
	}
	return n, nil
}

=======
>>>>>>> Stashed changes
// pageSize is how many records or IDs one page of a listing asks for.
const pageSize = 256

// owned yields the IDs that the store knows of owner, by its index or else by
// reading every record.
func (m *Manager) owned(ctx context.Context, owner string) iter.Seq2[ID, error] {
	index, ok := m.store.(OwnerIndex)
	if !m.caps.Owners || !ok {
		return func(yield func(ID, error) bool) {
			for rec, err := range m.listed(ctx) {
				if err != nil {
					yield(ID{}, err)
					return
				}
				if rec.Owner == owner && !yield(rec.ID, nil) {
					return
				}
			}
		}
	}
	return pages(ctx, m, func(ctx context.Context, cursor string) ([]ID, string, error) {
		return index.Owned(ctx, owner, cursor, pageSize)
	})
}

// listed yields every stored record.
func (m *Manager) listed(ctx context.Context) iter.Seq2[*Record, error] {
	lister, ok := m.store.(Lister)
	if !m.caps.List || !ok {
		return func(yield func(*Record, error) bool) {
			yield(nil, fmt.Errorf("%w: it cannot list its sessions", ErrUnsupported))
		}
	}
	return pages(ctx, m, func(ctx context.Context, cursor string) ([]*Record, string, error) {
		return lister.List(ctx, cursor, pageSize)
	})
}

// pages walks through a paged listing. Each page is one call to the store.
func pages[T any](ctx context.Context, m *Manager, page func(ctx context.Context, cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		c := m.scratchCaller()
		for cursor := ""; ; {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			items, next, err := page(c.begin(ctx), cursor)
			c.end()
			if err != nil {
				yield(none, m.storeFault(ctx, ID{}, err))
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			cursor = next
		}
	}
}
