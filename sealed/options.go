package sealed

import (
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Store]. Either Revoker or AllowUnrevocable must be set.
// [New] copies them.
type Options struct {
	// Revoker keeps which sessions have ended before their time. It may hold
	// other sessions, too. It is not closed by the Store. A durable one that
	// all processes share.
	Revoker coatcheck.Store

	// AllowUnrevocable lets the Revoker be nil: then logout only asks the
	// browser to forget the cookie, a copy of which works until it expires,
	// the cookie from before a login or a renewal too; behind the headers of
	// a response it is coatcheck.ErrHeadersSent, and DestroyOwner always
	// coatcheck.ErrUnsupported. Set short timeouts.
	AllowUnrevocable bool

	// Purpose tells apart what is sealed with the same keys: a cookie of one
	// purpose opens under no other, as if the keys were different. At most
	// 255 bytes. Default "session".
	Purpose string

	// Compress deflates a record where that makes it shorter. The cookie's
	// length then tells something about its content: who can put text of
	// their choice into a victim's session and see how long the encrypted
	// cookie is, guesses byte by byte what else is in there (as CRIME and
	// BREACH do with pages). Use it only if no session holds a secret beside
	// text that others influence. What was compressed opens without it, and
	// the other way round. Default: not.
	Compress bool
}

// filled returns a copy of o with the defaults put in.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Purpose == "" {
		f.Purpose = "session"
	}
	switch {
	case f.Revoker == nil && !f.AllowUnrevocable:
		return f, invalid("Options.Revoker is missing: give a store in which logouts are noted, or set Options.AllowUnrevocable and a copied cookie will work until it expires")
	case f.Revoker != nil && f.AllowUnrevocable:
		return f, invalid("Options.AllowUnrevocable contradicts Options.Revoker: set one of them")
	case len(f.Purpose) > 255:
		return f, invalid("Options.Purpose has %d bytes; at most 255 are allowed", len(f.Purpose))
	}
	if _, ok := f.Revoker.(coatcheck.Sealer); ok {
		return f, invalid("Options.Revoker seals sessions itself and keeps none: give a store with records")
	}
	return f, nil
}

// invalid is the form of every complaint about an argument.
func invalid(format string, args ...any) error {
	return fmt.Errorf("sealed: %w: %s", coatcheck.ErrInvalid, fmt.Sprintf(format, args...))
}
