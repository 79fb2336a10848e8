package ring

import "strings"

// A PartialError says that some members did not answer, so that what was done
// or found is not all.
type PartialError struct {
	Members []string // their names
	Err     error    // what the last of them said; nil if that is not known any more
}

// Error names the members.
func (e *PartialError) Error() string {
	s := "ring: incomplete: no answer from " + strings.Join(e.Members, ", ")
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what the last of the members said.
func (e *PartialError) Unwrap() error { return e.Err }
