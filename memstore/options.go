package memstore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/coatcheck/coatcheck"
)

// NoLimit switches off Options.MaxSessions or Options.MaxBytes. Zero means
// the default instead.
const NoLimit = -1

// OnlyAtClose, as Options.SnapshotInterval, leaves snapshots to Close and to
// [Store.Snapshot].
const OnlyAtClose time.Duration = -1

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults, which are safe. [New] and [Open] copy them.
type Options struct {
	// MaxSessions limits the number of records. Default 100,000; [NoLimit]
	// switches it off.
	MaxSessions int

	// MaxBytes limits the memory that the records take, in bytes, the store's
	// own structures of about half a KiB for each included. Default 256 MiB;
	// [NoLimit] switches it off.
	MaxBytes int64

	// AnonymousShare is the part of both limits that anonymous sessions may
	// take, above 0 and at most 1. Default 0.5.
	AnonymousShare float64

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time

	// SnapshotInterval is the time between two snapshots, and so the age of
	// the changes that a crash may cost. Default 1 minute; [OnlyAtClose]
	// switches the timer off. [New] ignores it.
	SnapshotInterval time.Duration

	// Logger receives an error for each snapshot that fails. Default
	// [slog.Default]. [New] ignores it.
	Logger *slog.Logger
}

// Defaults of Options.
const (
	defaultMaxSessions      = 100_000
	defaultMaxBytes         = 256 << 20
	defaultAnonymousShare   = 0.5
	defaultSnapshotInterval = time.Minute
)

// filled returns a copy of o with every default put in, or an error that
// names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	switch {
	case f.MaxSessions < NoLimit:
		return f, optionError("MaxSessions", f.MaxSessions, "at least 1, NoLimit, or 0 for the default")
	case f.MaxBytes < NoLimit:
		return f, optionError("MaxBytes", f.MaxBytes, "at least 1, NoLimit, or 0 for the default")
	case !(f.AnonymousShare >= 0 && f.AnonymousShare <= 1): // NaN, too
		return f, optionError("AnonymousShare", f.AnonymousShare, "above 0 and at most 1, or 0 for the default")
	case f.SnapshotInterval < time.Millisecond && f.SnapshotInterval != 0 && f.SnapshotInterval != OnlyAtClose:
		return f, optionError("SnapshotInterval", f.SnapshotInterval, "at least 1ms, OnlyAtClose, or 0 for the default")
	}
	set(&f.MaxSessions, defaultMaxSessions)
	set(&f.MaxBytes, defaultMaxBytes)
	set(&f.AnonymousShare, defaultAnonymousShare)
	set(&f.SnapshotInterval, defaultSnapshotInterval)
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Logger == nil {
		f.Logger = slog.Default()
	}
	return f, nil
}

// optionError is the form of every complaint about a field of Options.
func optionError(field string, value any, rule string) error {
	return fmt.Errorf("memstore: %w: Options.%s is %v; it must be %s", coatcheck.ErrInvalid, field, value, rule)
}

// set puts a default in the place of zero.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
