package memcachestore

import (
	"fmt"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Server is one memcached server.
type Server struct {
	// Addr is a host and a port, or the path of a Unix socket.
	Addr string

	// Weight is the server's part of the whole. Default 1.
	Weight int

	// Name is what its place on the continuum comes from. Default Addr;
	// other clients leave out the port 11211, see [ketama.Server].
	Name string
}

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults. [Open] and [New] copy them.
type Options struct {
	// Prefix begins every key, so that the servers can be shared: 1 to 100
	// printable ASCII characters without spaces. Default "coatcheck:".
	Prefix string

	// Hash places a key on the continuum of several servers. Default
	// [ketama.MD5]; twemproxy's own default is [ketama.FNV1a64]. [New] ignores
	// it.
	Hash func(key string) uint32

	// Timeout bounds each exchange with a server, besides the context of the
	// call. Default 1 second. [New] ignores it.
	Timeout time.Duration

	// MaxIdle is how many idle connections are kept for each server. Default
	// 64. [New] ignores it.
	MaxIdle int

	// MaxValue is the greatest length of a value in bytes; a record that
	// would be longer is [coatcheck.ErrTooLarge]. It has some 150 bytes more
	// than the session's data. Default 1 MiB less 512 bytes, which is what
	// memcached takes unless its -I says otherwise.
	MaxValue int

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time
}

const (
	defaultPrefix   = "coatcheck:"
	defaultTimeout  = time.Second
	defaultMaxIdle  = 64
	defaultMaxValue = 1<<20 - 512
	minValue        = 1 << 10
	maxPrefix       = 100
)

// filled returns a copy of o with every default put in, or an error that names
// the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Prefix == "" {
		f.Prefix = defaultPrefix
	}
	if f.Timeout == 0 {
		f.Timeout = defaultTimeout
	}
	if f.MaxIdle == 0 {
		f.MaxIdle = defaultMaxIdle
	}
	if f.MaxValue == 0 {
		f.MaxValue = defaultMaxValue
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	return f, f.check()
}

func (f *Options) check() error {
	switch {
	case len(f.Prefix) > maxPrefix:
		return invalid("Options.Prefix has %d bytes; %d are allowed", len(f.Prefix), maxPrefix)
	case strings.ContainsFunc(f.Prefix, func(r rune) bool { return r <= ' ' || r > '~' }):
		return invalid("Options.Prefix %q must be printable ASCII without spaces", f.Prefix)
	case f.Timeout < 0:
		return invalid("Options.Timeout is %v; it must be positive", f.Timeout)
	case f.MaxIdle < 0:
		return invalid("Options.MaxIdle is %d; it must be positive", f.MaxIdle)
	case f.MaxValue < minValue:
		return invalid("Options.MaxValue is %d; %d is the least", f.MaxValue, minValue)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("memcachestore: %w: "+format, append([]any{coatcheck.ErrInvalid}, args...)...)
}
