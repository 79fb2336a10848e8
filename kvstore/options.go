package kvstore

import (
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults. [New] copies them.
type Options struct {
	// Prefix begins every key, so that several managers, or other programs,
	// can share one API: 1 to 100 printable ASCII characters without spaces.
	// Default "coatcheck.".
	Prefix string

	// MaxValue is the greatest length of a value in bytes; a record that
	// would be longer is [coatcheck.ErrTooLarge]. It has some 150 bytes more
	// than the session's data. Default 1 MiB, which is what most APIs take.
	MaxValue int

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time
}

const (
	defaultPrefix   = "coatcheck."
	defaultMaxValue = 1 << 20
	maxPrefix       = 100
	minValue        = 1 << 10
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
	if f.MaxValue == 0 {
		f.MaxValue = defaultMaxValue
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	switch {
	case len(f.Prefix) > maxPrefix:
		return f, fmt.Errorf("kvstore: %w: Options.Prefix has %d bytes; %d are allowed", coatcheck.ErrInvalid, len(f.Prefix), maxPrefix)
	case !printable(f.Prefix):
		return f, fmt.Errorf("kvstore: %w: Options.Prefix %q must be printable ASCII without spaces", coatcheck.ErrInvalid, f.Prefix)
	case f.MaxValue < minValue:
		return f, fmt.Errorf("kvstore: %w: Options.MaxValue is %d; %d is the least", coatcheck.ErrInvalid, f.MaxValue, minValue)
	}
	return f, nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
