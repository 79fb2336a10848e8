package keyfile

import (
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck/sealed"
)

// ErrUnknown means that a file has several keys and does not say why.
var ErrUnknown = errors.New("the file does not say how far a change of its keys has come")

// ErrEarly means that old keys may still be needed.
var ErrEarly = errors.New("cookies that the old key has sealed may still live")

// New returns a file of one new key.
func New(now time.Time) *File {
	return &File{Keys: []Key{{sealed.NewKey(), now}}, Stage: Settled}
}

// Advance takes the next step of a change of keys: a settled file gets a new
// key behind the others, an added key moves to the front, and when it has
// sealed for as long as cookies live, the others go. Old keys that somebody
// still needs are [ErrEarly].
func (f *File) Advance(now time.Time, life time.Duration) error {
	switch f.Stage {
	case Settled:
		f.Keys = append(f.Keys, Key{sealed.NewKey(), now})
		f.Stage, f.Since = Added, now
	case Added:
		last := len(f.Keys) - 1
		f.Keys = append([]Key{f.Keys[last]}, f.Keys[:last]...)
		f.Stage, f.Since = Sealing, now
	case Sealing:
		if left := life - now.Sub(f.Since); left > 0 {
			return fmt.Errorf("%w for %v", ErrEarly, (left + time.Minute - 1).Truncate(time.Minute))
		}
		f.Keys = f.Keys[:1]
		f.Stage, f.Since = Settled, time.Time{}
	default:
		return ErrUnknown
	}
	return nil
}

// Reset puts one new key in the place of all, so that every cookie opens
// nothing any more.
func (f *File) Reset(now time.Time) {
	f.Keys = []Key{{sealed.NewKey(), now}}
	f.Stage, f.Since = Settled, time.Time{}
}
