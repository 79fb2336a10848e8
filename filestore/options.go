package filestore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Durability says what an acknowledged change outlives.
type Durability int

const (
	// Process is the default: a change outlives the process that made it,
	// however that ends. The operating system writes it to the disk in its
	// own time, so a crash of the whole machine may cost the changes of the
	// last half minute or so, ends of sessions included.
	Process Durability = iota

	// Machine: a change also outlives a crash of the machine and a loss of
	// power, as far as the disk keeps its word. Create, Replace and Delete
	// then wait for the disk, which takes milliseconds where it took
	// microseconds. Touch does not: to lose one costs idle time, no data.
	Machine
)

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults, which are safe. [Open] copies them.
type Options struct {
	// Durability is what changes outlive. The default is [Process]: nobody
	// waits for the disk, and what a crash of the machine may cost is what
	// it costs with most programs that keep sessions, the last moments.
	Durability Durability

	// MustExist makes a missing directory an error. By default Open makes
	// it, in a parent that exists. Set it where the directory is on a volume
	// that has to be mounted first.
	MustExist bool

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time

	// Logger receives a warning for each damaged file that a sweep or a
	// listing meets. Default [slog.Default].
	Logger *slog.Logger
}

// filled returns a copy of o with every default put in, or an error that
// names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Durability != Process && f.Durability != Machine {
		return f, fmt.Errorf("filestore: %w: Options.Durability is %d; it must be Process or Machine", coatcheck.ErrInvalid, f.Durability)
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Logger == nil {
		f.Logger = slog.Default()
	}
	return f, nil
}
