package coatcheck

import "time"

// Deadline implements context.Context: there is none.
func (*lasting) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context: never.
func (*lasting) Done() <-chan struct{} { return nil }

// Err implements context.Context: never.
func (*lasting) Err() error { return nil }

// Value implements context.Context by the visit.
func (l *lasting) Value(key any) any { return (*visit)(l).Value(key) }
