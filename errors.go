package coatcheck

import (
	"errors"
	"fmt"
)

// Errors that a [Store] returns, wrapped or bare. They are the vocabulary of
// the store contract: test for them with [errors.Is]. Any other error from a
// store means that the outcome of the call is unknown.
var (
	// ErrNotFound means that no live record has this ID: it was never
	// created, was deleted, or has expired.
	ErrNotFound = errors.New("coatcheck: session not found")

	// ErrExists means that Create met a live record under the same ID.
	ErrExists = errors.New("coatcheck: session exists already")

	// ErrConflict means that the stored version is not the one that the
	// caller meant to replace. Nothing was changed. From a [Session] it means
	// that a change met so many concurrent ones that it gave up.
	ErrConflict = errors.New("coatcheck: session was changed concurrently")

	// ErrFull means that the store is at one of its limits and has no room
	// for this record. Nothing was changed.
	ErrFull = errors.New("coatcheck: store is full")

	// ErrTooLarge means that the data, a key or the number of keys is over a
	// limit. Nothing was changed.
	ErrTooLarge = errors.New("coatcheck: session is too large")

	// ErrCorrupt means that what is stored under this ID is damaged. It costs
	// that one session; the others are unharmed.
	ErrCorrupt = errors.New("coatcheck: session record is corrupt")

	// ErrUnsupported means that the store cannot do what was asked, now or
	// ever.
	ErrUnsupported = errors.New("coatcheck: not supported by this store")
)

// Errors that a [Session], a [Key] or a [Manager] returns.
var (
	// ErrGone means that the session ended while it was in use: somebody
	// destroyed it, renewed it, logged it in, or it expired. The pending
	// changes are dropped, and nothing was created in its place.
	ErrGone = errors.New("coatcheck: session has ended")

	// ErrDestroyed, ErrExpired and ErrRenewed say how a session ended, to who
	// listens: see [Session.Ended]. Each is an ErrGone.
	ErrDestroyed = fmt.Errorf("%w: it was destroyed", ErrGone)
	ErrExpired   = fmt.Errorf("%w: it has expired", ErrGone)
	ErrRenewed   = fmt.Errorf("%w: it was renewed under another token", ErrGone)

	// ErrUncertain means that the store did not answer and could not be asked
	// afterwards either, so that nobody can tell whether the change was
	// saved. It is never saved twice.
	ErrUncertain = errors.New("coatcheck: outcome of the change is unknown")

	// ErrClosed means that the session was used after the handler of its
	// request had returned, or the manager after its Close.
	ErrClosed = errors.New("coatcheck: used after its request or manager ended")

	// ErrDecode means that the stored value of a key does not decode into the
	// key's type. The stored bytes are left as they are.
	ErrDecode = errors.New("coatcheck: value does not decode")

	// ErrHeadersSent means that the change needs a new cookie, but the
	// response's headers have left already. Nothing was changed.
	ErrHeadersSent = errors.New("coatcheck: the response headers were sent already, so no cookie can be set")

	// ErrNoHandler means that the context does not come from a request that
	// went through [Manager.Handler].
	ErrNoHandler = errors.New("coatcheck: no session manager in this context: wrap the handler with Manager.Handler and pass r.Context()")

	// ErrNested means that Save, Login, Renew, Destroy, Touch or Transact was
	// called inside a Transact function, or that another of them ran on the
	// same session for longer than Options.StoreTimeout. Nothing was changed.
	ErrNested = errors.New("coatcheck: another operation is running on this session: only read and change keys inside Transact")

	// ErrInvalid means that an argument breaks a rule that its message names.
	// Nothing was changed.
	ErrInvalid = errors.New("coatcheck: invalid argument")
)
