package hashstore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/coatcheck/coatcheck"
)

// NoSweep, as Options.SweepInterval, leaves the upkeep of the file to the calls
// of Sweep and Compact.
const NoSweep time.Duration = -1

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults, which are safe. [Open] copies them.
type Options struct {
	// Capacity is the number of sessions to expect, a hint that spares a new
	// file the growth of its index. Default 0: it grows as it must.
	Capacity int

	// MaxSessions limits the number of records. Anonymous ones make room for
	// others; see the package's documentation. Default 0: no limit.
	MaxSessions int

	// MaxBytes limits the size of the file. Default 0: no limit but the
	// format's, 32 GiB. The least is 2 MiB.
	MaxBytes int64

	// Durability says what survives a stop of the machine. Default
	// Interval(time.Second).
	Durability Durability

	// CompressAbove is the number of bytes of Record.Data above which it is
	// compressed, if that makes it smaller. Default 0: never.
	CompressAbove int

	// MustExist makes it an error if there is no file yet, or an empty one.
	MustExist bool

	// Portable reads and writes the file by system calls under a file lock
	// instead of mapping it into memory. It is slower, and what is done
	// anyway wherever a map is of no use: other systems than Linux, 32-bit
	// processors, copy-on-write file systems. All processes that share a
	// file must do the same; Open refuses a mixture.
	Portable bool

	// SweepInterval is the time between two rounds of upkeep by this
	// process: moving live records together, giving space back. It does not
	// delete expired records, which is Sweep's. Default 1 second; [NoSweep]
	// switches it off.
	SweepInterval time.Duration

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time

	// Logger receives what goes wrong in the background, whether Open had to
	// leave damaged records out, and a warning for each that a listing leaves
	// out. Default [slog.Default].
	Logger *slog.Logger
}

const (
	defaultSweepInterval = time.Second
	minMaxBytes          = 2 << 20
)

// filled returns a copy of o with every default put in, or an error that
// names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	switch {
	case f.Capacity < 0 || f.Capacity > maxRecords:
		return f, optionError("Capacity", f.Capacity, fmt.Sprintf("between 0 and %d", maxRecords))
	case f.MaxSessions < 0:
		return f, optionError("MaxSessions", f.MaxSessions, "at least 1, or 0 for no limit")
	case f.MaxBytes != 0 && f.MaxBytes < minMaxBytes:
		return f, optionError("MaxBytes", f.MaxBytes, fmt.Sprintf("at least %d, or 0 for no limit", minMaxBytes))
	case f.CompressAbove < 0:
		return f, optionError("CompressAbove", f.CompressAbove, "at least 1, or 0 for never")
	case f.SweepInterval < time.Millisecond && f.SweepInterval != 0 && f.SweepInterval != NoSweep:
		return f, optionError("SweepInterval", f.SweepInterval, "at least 1ms, NoSweep, or 0 for the default")
	}
	if f.SweepInterval == 0 {
		f.SweepInterval = defaultSweepInterval
	}
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
	return fmt.Errorf("hashstore: %w: Options.%s is %v; it must be %s", coatcheck.ErrInvalid, field, value, rule)
}
