package coatcheck

import (
	"context"
	"errors"
	"fmt"
)

// A Sealer is a [Store] whose sessions live with their clients: a session's
// record is sealed into its token, and what the store itself keeps is only
// which sessions have ended before their time. [New] finds out by type
// assertion whether a store is one; package sealed has one.
//
// Every change of a sealed session, and every move of its idle deadline, gives
// it another token, so it needs response headers that have not left. Of two
// concurrent changes the one whose response arrives last stands. Methods are
// safe for concurrent use.
type Sealer interface {
	Store

	// Seal returns a token that holds rec, whole and unreadable, in letters,
	// digits, '-' and '_'. scope is the manager's; a token opens under no
	// other one. [ErrTooLarge] means that no token could hold it.
	Seal(ctx context.Context, scope string, rec *Record) (Token, error)

	// Open returns the record that Seal was given. A token that did not come
	// from Seal under this scope, or no longer has a key, is
	// [ErrNotFound]. If that error has a method Reason() string, it gives
	// [Event].Reason. Open judges neither deadlines nor whether the session was
	// revoked. Any other error is the sealer's own failure.
	Open(ctx context.Context, scope string, token Token) (*Record, error)

	// Stale reports whether a token that Open has opened should be replaced
	// at the next occasion, because Seal would use another key today.
	Stale(token Token) bool

	// Revocable reports whether the methods of Store work. If not, nothing
	// can end a session before its time but the client's dropping of it.
	Revocable() bool
}

// sealing is what a manager with a Sealer has.
type sealing struct {
	Sealer
	scope string // the names of manager and cookie: neither holds a NUL
}

// newSealing returns nil if store is no Sealer.
func newSealing(store Store, o *Options, c *cookieCarrier) (*sealing, error) {
	sealer, ok := store.(Sealer)
	switch {
	case ok:
		return &sealing{sealer, o.Name + "\x00" + c.name}, nil
	case c.chunks > 1:
		return nil, optionError("Cookie.Chunks", "is %d, but this store's tokens fit into one cookie: leave it 0", c.chunks)
	}
	return nil, nil
}

// enclose seals rec into a token, which it makes sure that cookies can hold.
func (s *Session) enclose(ctx context.Context, c *caller, rec *Record, md *meta) (Token, error) {
	z := s.m.sealing
	token, err := z.Seal(c.begin(ctx), z.scope, rec)
	c.end()
	if err == nil && !isSealed(token) {
		err = errors.New("Seal returned what is no token")
	}
	switch {
	case err != nil && known(err):
		return "", err
	case err != nil:
		return "", c.fault(ctx, rec.ID, err)
	case s.v == nil:
		return token, nil
	case s.way() != nil && len(token) > maxCookie:
		return "", fmt.Errorf("%w: sealed it has %d bytes; a header takes at most %d: keep less in the session", ErrTooLarge, len(token), maxCookie)
	case s.way() != nil:
		return token, nil
	}
	return token, s.m.cookie.fits(token, s.sealedAttributes(rec, md))
}

// isSealed reports whether a token may stand in a cookie.
func isSealed(token Token) bool {
	for i := 0; i < len(token); i++ {
		if !base64URL[token[i]] {
			return false
		}
	}
	return token != ""
}
