package redisstore

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults, which are safe. [Open] and [New] copy them; with New, which
// takes a client that is set up already, only Prefix and Now may be set.
type Options struct {
	// Prefix is what the names of all keys begin with, at most 100 bytes.
	// Managers that share a server need not have different ones. Default
	// "coatcheck:". With braces in it, as in "{app}:", all sessions of a
	// cluster land on one of its servers.
	Prefix string

	// Username and Password are those of the server's ACL user. They go
	// before what the URL says. Without a username the password is that of
	// the user "default".
	Username, Password string

	// SentinelUsername and SentinelPassword are those of the sentinels, which
	// have their own. Default: none.
	SentinelUsername, SentinelPassword string

	// TLS is the configuration of encrypted connections. It needs a URL that
	// asks for them, such as "rediss://". Default: TLS 1.2 or newer, the
	// system's roots.
	TLS *tls.Config

	// DialTimeout limits the time in which a connection is made, with all
	// handshakes. Default 1 second.
	DialTimeout time.Duration

	// CacheSize is the number of sessions that this process keeps so that
	// reading them costs no call to the server. Default 0: none. See "The
	// local cache" in the package's documentation for what it costs.
	CacheSize int

	// CacheAge limits the time for which a kept session is read without
	// asking again, at least 1 millisecond. Default 5 seconds. Without
	// CacheSize it must be 0.
	CacheAge time.Duration

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time
}

// Defaults of Options, and the greatest length of a prefix.
const (
	defaultPrefix      = "coatcheck:"
	defaultDialTimeout = time.Second
	defaultCacheAge    = 5 * time.Second
	maxPrefix          = 100
)

// filled returns a copy of o with every default put in, or an error that
// names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	switch {
	case len(f.Prefix) > maxPrefix:
		return f, optionError("Prefix", fmt.Sprintf("%d bytes long", len(f.Prefix)), "at most 100 bytes long, or empty for the default")
	case f.DialTimeout < 0:
		return f, optionError("DialTimeout", f.DialTimeout, "positive, or 0 for the default")
	case f.CacheSize < 0:
		return f, optionError("CacheSize", f.CacheSize, "at least 1, or 0 for no cache")
	case f.CacheAge != 0 && f.CacheSize == 0:
		return f, optionError("CacheAge", f.CacheAge, "0 where Options.CacheSize is")
	case f.CacheAge != 0 && f.CacheAge < time.Millisecond:
		return f, optionError("CacheAge", f.CacheAge, "at least 1ms, or 0 for the default")
	}
	set(&f.Prefix, defaultPrefix)
	set(&f.DialTimeout, defaultDialTimeout)
	set(&f.CacheAge, defaultCacheAge)
	if f.Now == nil {
		f.Now = time.Now
	}
	return f, nil
}

// given refuses the options that a client of the caller's cannot follow.
func (o *Options) given() error {
	if o == nil {
		return nil
	}
	for field, set := range map[string]bool{
		"Username": o.Username != "", "Password": o.Password != "",
		"SentinelUsername": o.SentinelUsername != "", "SentinelPassword": o.SentinelPassword != "",
		"TLS": o.TLS != nil, "DialTimeout": o.DialTimeout != 0, "CacheSize": o.CacheSize != 0, "CacheAge": o.CacheAge != 0,
	} {
		if set {
			return optionError(field, "set", "left alone with New, since the client is set up already: set the client up that way, or use Open")
		}
	}
	return nil
}

// optionError is the form of every complaint about a field of Options.
func optionError(field string, value any, rule string) error {
	return fmt.Errorf("redisstore: %w: Options.%s is %v; it must be %s", coatcheck.ErrInvalid, field, value, rule)
}

// set puts a default in the place of zero.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
