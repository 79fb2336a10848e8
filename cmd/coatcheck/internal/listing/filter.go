package listing

import (
	"strings"
	"time"
)

// A Filter chooses sessions. The zero value lets every live one through.
type Filter struct {
	Owner     string        // only this owner's
	Anonymous bool          // only those without an owner
	Prefix    string        // only those whose ID begins with these hexadecimal digits
	Older     time.Duration // only those that were born at least so long ago
	Younger   time.Duration // only those that were born at most so long ago; 0: all
	Idle      time.Duration // only those that were not used for at least so long
	Expired   bool          // those that have expired, in the place of live ones
	All       bool          // those that have expired as well
}

// match reports whether the filter lets an entry through at now.
func (f *Filter) match(e *Entry, now time.Time) bool {
	age := now.Sub(e.Created)
	switch {
	case e.Expired != f.Expired && !f.All,
		f.Owner != "" && e.Owner != f.Owner,
		f.Anonymous && e.Owner != "",
		age < f.Older,
		f.Younger > 0 && age > f.Younger,
		now.Sub(e.LastSeen) < f.Idle && f.Idle > 0:
		return false
	}
	return f.Prefix == "" || strings.HasPrefix(e.ID.String(), f.Prefix)
}
