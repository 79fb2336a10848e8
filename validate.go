package coatcheck

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// filled returns a copy of o with every default put in, or an error that
// names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Name == "" {
		f.Name = defaultName
	}
	if err := checkName(f.Name); err != nil {
		return f, err
	}
	if err := f.fillTimeouts(); err != nil {
		return f, err
	}
	if err := f.fillLimits(); err != nil {
		return f, err
	}
	if f.Codec == nil {
		f.Codec = JSON{}
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Logger == nil {
		f.Logger = slog.Default()
	}
	if f.ErrorHandler == nil {
		f.ErrorHandler = DefaultErrorHandler
	}
	return f, nil
}

// optionError is the form of every complaint about a field of Options.
func optionError(field, format string, args ...any) error {
	return fmt.Errorf("%w: Options.%s %s", ErrInvalid, field, fmt.Sprintf(format, args...))
}

func checkName(name string) error {
	if len(name) > 64 {
		return optionError("Name", "has %d bytes; at most 64 are allowed", len(name))
	}
	for _, c := range []byte(name) {
		if !isBase64URL(c) && c != '.' {
			return optionError("Name", "%q may hold only letters, digits, '-', '_' and '.'", name)
		}
	}
	return nil
}

func (o *Options) fillTimeouts() error {
	for _, f := range []struct {
		name    string
		value   *time.Duration
		mayBeNo bool
	}{
		{"IdleTimeout", &o.IdleTimeout, true},
		{"AbsoluteTimeout", &o.AbsoluteTimeout, true},
		{"AnonymousIdleTimeout", &o.AnonymousIdleTimeout, true},
		{"AnonymousAbsoluteTimeout", &o.AnonymousAbsoluteTimeout, true},
		{"PersistentIdleTimeout", &o.PersistentIdleTimeout, true},
		{"PersistentAbsoluteTimeout", &o.PersistentAbsoluteTimeout, true},
		{"FirstTimeout", &o.FirstTimeout, true},
		{"StoreTimeout", &o.StoreTimeout, false},
		{"SweepInterval", &o.SweepInterval, true},
		{"PollInterval", &o.PollInterval, false},
	} {
		switch d := *f.value; {
		case d == 0, d == NoTimeout && f.mayBeNo, d >= time.Millisecond:
		case d == NoTimeout:
			return optionError(f.name, "cannot be switched off; set a duration, or leave it 0 for the default")
		default:
			return optionError(f.name, "is %v; it must be at least 1ms, or 0 for the default", d)
		}
	}
	if o.RotateEvery != 0 && o.RotateEvery < shortestTurn {
		return optionError("RotateEvery", "is %v; it must be at least %v, or 0 for never", o.RotateEvery, shortestTurn)
	}
	set(&o.StoreTimeout, defaultStoreTimeout)
	set(&o.SweepInterval, defaultSweepInterval)
	set(&o.PollInterval, defaultPollInterval)
	if err := fillPair("", &o.IdleTimeout, defaultIdle, &o.AbsoluteTimeout, defaultAbsolute); err != nil {
		return err
	}
	if o.PersistentIdleTimeout == 0 && o.PersistentAbsoluteTimeout == 0 {
		o.PersistentIdleTimeout, o.PersistentAbsoluteTimeout = o.IdleTimeout, o.AbsoluteTimeout
	}
	if err := fillPair("Persistent", &o.PersistentIdleTimeout, o.IdleTimeout, &o.PersistentAbsoluteTimeout, o.AbsoluteTimeout); err != nil {
		return err
	}
	if err := fillPair("Anonymous", &o.AnonymousIdleTimeout, shorter(defaultAnonymousIdle, o.IdleTimeout),
		&o.AnonymousAbsoluteTimeout, shorter(defaultAnonymousAbsolute, o.AbsoluteTimeout)); err != nil {
		return err
	}
	return o.fillFirst()
}

// fillFirst refuses a first timeout that no use could ever end.
func (o *Options) fillFirst() error {
	switch {
	case o.FirstTimeout == NoTimeout:
		o.FirstTimeout = 0
	case o.FirstTimeout == 0:
	case o.AnonymousIdleTimeout == NoTimeout:
		return optionError("FirstTimeout", "is %v, but AnonymousIdleTimeout is switched off: set that, too, or leave this 0", o.FirstTimeout)
	case o.FirstTimeout > o.AnonymousIdleTimeout:
		return optionError("FirstTimeout", "is %v, longer than AnonymousIdleTimeout, %v: it would have no effect", o.FirstTimeout, o.AnonymousIdleTimeout)
	}
	return nil
}

// fillPair puts defaults into an idle and an absolute timeout and refuses an
// idle timeout that could never take effect.
func fillPair(prefix string, idle *time.Duration, idleDefault time.Duration, absolute *time.Duration, absoluteDefault time.Duration) error {
	set(absolute, absoluteDefault)
	set(idle, shorter(idleDefault, *absolute))
	if *idle != NoTimeout && *absolute != NoTimeout && *idle > *absolute {
		return optionError(prefix+"IdleTimeout", "is %v, longer than %sAbsoluteTimeout, %v: raise that one, or switch it off with NoTimeout", *idle, prefix, *absolute)
	}
	return nil
}

func (o *Options) fillLimits() error {
	switch {
	case o.MaxBytes < 0 || o.MaxBytes > greatestMaxBytes:
		return optionError("MaxBytes", "is %d; it must be between 1 and %d, or 0 for the default", o.MaxBytes, greatestMaxBytes)
	case o.MaxKeys < 0 || o.MaxKeys > greatestKeys:
		return optionError("MaxKeys", "is %d; it must be between 1 and %d, or 0 for the default", o.MaxKeys, greatestKeys)
	case o.MaxSessionsPerOwner < 0:
		return optionError("MaxSessionsPerOwner", "is %d; it must be at least 1, or 0 for no limit", o.MaxSessionsPerOwner)
	}
	if err := o.Flood.fill(); err != nil {
		return err
	}
	set(&o.MaxBytes, defaultMaxBytes)
	set(&o.MaxKeys, defaultMaxKeys)
	return nil
}

// set puts a default in the place of zero.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// shorter returns the shorter of two timeouts, either of which may be off.
func shorter(a, b time.Duration) time.Duration {
	if b == NoTimeout || a != NoTimeout && a < b {
		return a
	}
	return b
}

// isToken reports whether s is a token in the sense of RFC 9110, section
// 5.6.2, the form of cookie names.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
