package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Update runs fn on the session of id in a transaction, as
// [Session.Transact] does, from outside a request: to change what another
// visitor's session holds. [ErrNotFound] means that no live session has the
// ID, or that it is sealed beside the store (see Options.AnonymousSealer),
// [ErrUnsupported] that all sessions are sealed, see [Sealer].
func (m *Manager) Update(ctx context.Context, id ID, fn func(*Session) error) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	if m.sealsAll() {
		return errElsewhere
	}
	s := newSession(m, nil)
	c := s.caller()
	rec, md, err := c.load(ctx, id)
	if err == nil && md.state == stateAlias {
		t := trail{rec: rec, meta: md}
		err = t.end(ctx, &c)
		rec, md = t.rec, t.meta
	}
	if err == nil && md.state != stateLive {
		err = ErrNotFound
	}
	if err == nil {
		err = s.accept("", rec, md, c.now)
	}
	if err != nil {
		return err
	}
	defer s.close()
	return s.Transact(ctx, fn)
}

// Destroy ends the session of id. A missing one is no error. [ErrGone] means
// that the session was renewed and lives on under another ID, which
// [Manager.Sessions] shows. Other errors are [ErrClosed], ctx's own, and what
// the store said; the session may then live.
//
// With Options.AnonymousSealer an ID that the store does not know may be that of
// a sealed session. It is noted at the sealer as ended, for a long time; if
// that cannot revoke, the error is [ErrUnsupported].
func (m *Manager) Destroy(ctx context.Context, id ID) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	if m.sealsAll() {
		return m.destroySealed(ctx, id)
	}
	c := m.scratchCaller()
	rec, md, err := c.load(ctx, id)
	var owner string
	var r *rejection
	switch {
	case err == nil && m.sealing != nil && md.state == stateTomb:
		return nil // of a sealed session, perhaps: then it must stay
	case err == nil:
		owner = rec.Owner
		err = c.entomb(ctx, rec, new(lane))
	case errors.As(err, &r), errors.Is(err, ErrCorrupt):
		err = c.remove(ctx, id) // nobody can use it now, but a clock may be mended
		if err == nil && m.sealing != nil && m.sealing.Revocable() {
			return m.destroySealed(ctx, id) // it may have been what ended a sealed one
		}
	case errors.Is(err, ErrNotFound) && m.sealing == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return m.destroySealed(ctx, id)
	}
	if err != nil {
		return err
	}
	m.hub.lost(id, ErrDestroyed)
	m.emit(ctx, Event{Kind: EventDestroyed, ID: id, Owner: owner})
	return nil
}

// pageSize is how many records or IDs one page of a listing asks for.
const pageSize = 256

// ownedPage is the same for the IDs of an owner. They are small, and some stores
// look at all of the owner's for each page.
const ownedPage = 2048

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
		return index.Owned(ctx, owner, cursor, ownedPage)
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
		recs, next, err := lister.List(ctx, cursor, pageSize)
		if slices.Contains(recs, nil) {
			err = errors.New("a page holds no record where it should")
		}
		return recs, next, err
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
			if next == cursor {
				yield(none, m.storeFault(ctx, ID{}, errors.New("a listing does not advance")))
				return
			}
			cursor = next
		}
	}
}
