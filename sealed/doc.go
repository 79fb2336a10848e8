// Package sealed keeps the whole session in the client's cookie, encrypted. Of
// the promises of package coatcheck it cannot keep two, since there is no one
// place where a session's changes meet. Changes can be lost (promise 1): of
// two requests of one session that run side by side, the one whose response
// reaches the browser last stands, whole, and the other's changes are gone,
// those of functions given to Key.Update included; even a request that only
// reads sets the cookie once in a while, to put the idle deadline off. And a
// request reads the writes of an earlier one only if its browser had that
// one's response (promise 7): another tab, or a request that was under way
// already, may not have seen them. What a client has once held it can also
// send again: a cookie from yesterday brings yesterday's cart back, so keep
// nothing in a sealed session that must not be undone, such as a balance or a
// used voucher. For all of that use a store with records; coatcheck's
// Options.AnonymousSealer seals only the sessions that nobody has logged in to.
//
// In return sessions need no storage, and a flood of visitors fills none. It
// suits sites whose sessions hold a login and a few settings:
//
//	keys, err := sealed.ReadKeys(file)
//	store, err := sealed.New(keys, &sealed.Options{Revoker: redis})
//	m, err := coatcheck.New(store, nil)
//
// From there on everything is as with any other store, but that sessions
// cannot be listed or changed from outside, and that every change needs
// response headers which have not left yet.
//
// # Ending sessions
//
// A cookie cannot be taken back: whoever has a copy of it could use it until
// it expires, logout or not. So New wants a Revoker, any other
// [coatcheck.Store], in which it notes which sessions were destroyed, renewed
// or logged in, and which owners' sessions all were ended, each for only as
// long as the sessions would have lived by themselves. It is asked at each
// load and each save, so a fast one is worth its while; if it does not answer,
// that is an error and no session. It must be shared by all processes and must
// not forget: not memcached, not a ring that fails over, and a memstore only
// for one process, whose restart revives what was logged out. With a Revoker
// promise 2 is kept: a
// destroyed or renewed session never comes back, and DestroyOwner ends every
// session of an owner. A request that learns of the end sets no cookie; but a
// response that was on its way at the moment of a login may still overwrite
// the new cookie by the old one, which opens nothing: then the visitor has to
// log in again. Without a Revoker, Options.AllowUnrevocable has to say that
// this is meant.
//
// Revocations go by the deadlines of sessions, or are kept for at least 400
// days where those are not known; NoTimeout for an absolute timeout means that
// they are never forgotten. All managers of one site should have the same
// timeouts.
//
// # Keys
//
// A [Key] is 32 random bytes. The first key that New is given seals; the
// others only open, and what they have opened is sealed with the first one at
// once. So keys are changed in three stages, each in all processes before the
// next:
//
//  1. append the new key: all processes can open what it seals;
//  2. move it to the front: it seals;
//  3. remove the old one, an absolute timeout later.
//
// A cookie names its key, and no other is tried. A cookie whose key has been
// removed opens nothing. If a key has leaked, go to the third stage at once:
// that logs everybody out.
//
// # Size
//
// A browser keeps cookies of up to 4,096 bytes, name and attributes included.
// After encryption and base64 that leaves some 2,800 bytes for owner and data.
// A session that does not fit is [coatcheck.ErrTooLarge] when it is saved, and
// the browser keeps the cookie that it had. CookieOptions.Chunks spreads a
// session over several cookies, and Options.Compress may help, at a price.
//
// # Format
//
// docs/SEALED.md specifies the cookie to the byte: XAES-256-GCM
// (c2sp.org/XAES-256-GCM) under a key derived for its purpose by HKDF-SHA-256;
// the format, the purpose, the names of manager and cookie and the key are
// authenticated, so a cookie opens nothing under another name. Cookies of
// earlier releases open in later ones.
package sealed
