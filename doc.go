// Package coatcheck keeps HTTP sessions: a visitor hands in data, gets a
// ticket, and always gets the same data back.
//
// A [Manager] issues sessions and keeps them in a [Store]. [Manager.Handler]
// puts it around the handlers, [FromContext] gives a handler the [Session] of
// its request, and a [Key] reads and changes one value of it:
//
//	var Views = coatcheck.NewKey[int]("views")
//
//	func hello(w http.ResponseWriter, r *http.Request) {
//		s, err := coatcheck.FromContext(r.Context())
//		if err != nil {
//			coatcheck.Error(w, r, err)
//			return
//		}
//		Views.Update(s, func(n int) int { return n + 1 })
//		fmt.Fprintln(w, Views.Get(s))
//	}
//
//	func main() {
//		m, err := coatcheck.New(memstore.New(nil), nil)
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Fatal(http.ListenAndServe(":8080", m.Handler(http.HandlerFunc(hello))))
//	}
//
// Browsers keep its cookie over HTTPS only, which may end at a proxy. Without,
// as on your own machine, set [Options].InsecureCookie: else every request
// begins anew.
//
// # What it promises
//
// Where a store cannot keep one of these, the first paragraph of its package's
// documentation says so.
//
//  1. No acknowledged change is lost. Changes of different keys merge, and
//     functions given to [Key.Update] are replayed until they are saved.
//  2. A destroyed or renewed session never comes back, whatever a slow request
//     does afterwards: its changes end in [ErrGone].
//  3. No request waits for another's handler.
//  4. No expired session is served.
//  5. Only tokens that a manager issued open anything. A client's made-up or
//     dead token is never adopted.
//  6. Nobody gets another's session: a record names its own ID.
//  7. You read your writes: the save happens before the first byte of the
//     response.
//  8. Corrupt data is reported, never returned, and costs one session at most.
//  9. Bounded: no record and no cookie before the first change; limits on
//     bytes, keys and sessions.
//  10. A store that is down is an error, each call to it within
//     Options.StoreTimeout, never a silent anonymous session.
//
// # Life of a session
//
// A request without a live session gets an empty one. It is born, with a
// record and a cookie, at the first save that has a key, or at
// [Session.Login]. It lives until it is destroyed, was not used for the idle
// timeout, or reaches the absolute timeout. [Session.Login] and
// [Session.Renew] swap its token; the old one is dead at once.
//
// # When changes are saved
//
// Before the first byte of the response, whichever way it leaves, and only if
// something changed. [Session.Save] and [Session.Transact] save earlier.
// Changes made behind the first byte are saved when the handler returns,
// unless they need a new cookie: those are [ErrHeadersSent]. If a save fails,
// nothing of the handler's response is sent; Options.ErrorHandler answers. A
// handler that panics saves nothing more.
//
// A save is bounded by Options.StoreTimeout for each call to the store, and by
// the deadline of the context that it was given, but the client's going away
// does not cut it short. When the store does not answer, one more call finds
// out whether the change was saved; if that fails too, the error is
// [ErrUncertain].
//
// # Concurrency
//
// Requests of one session run side by side. Each works on the view that it
// loaded. A save replaces the stored record only if nobody else did meanwhile;
// otherwise the session's operations are replayed on what is stored now: Set
// and Delete win for their own key, Update functions run again, and
// Transact functions too.
//
// # Security
//
// Tokens have 256 random bits. Stores see only their hash, an [ID], so a stolen
// database opens no session, and IDs may be logged. The cookie is by default
// named __Host-id, Secure, HttpOnly, SameSite=Lax, without Domain and without
// Max-Age; [New] refuses attributes that contradict each other. Malformed
// tokens reach no store, duplicate cookies are not trusted by their order, and
// a request that carries a replaced token can set no cookie. Nothing in a
// record can run code. Headers, form fields and URLs carry tokens only if
// Options.Carrier says so. Responses to requests that read the session say
// "Vary: Cookie" and "Cache-Control: private", those that set the cookie
// "no-store", unless the handler says otherwise. What sets the cookie is for no
// cache to share, even so.
//
// What remains yours: HTTPS; forged requests ([http.CrossOriginProtection] is
// made for that); checking who it is before [Session.Login]; and calling
// [Session.Renew] when privileges change.
//
// # Compatibility
//
// The module requires no other. It needs Go 1.25. Before version 1 the names
// of this package may still change; the formats of records and files carry
// their own version numbers, and every later release reads those of earlier
// ones.
package coatcheck
