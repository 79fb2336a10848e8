package coatcheck

import "sync/atomic"

// moments are what a visit has behind it: a set of the bits below. It is safe
// for concurrent use.
type moments struct{ bits atomic.Uint32 }

const (
	asked     = 1 << iota // somebody asked for the session
	sent                  // the headers have left
	closed                // the handler has returned
	failed                // ErrorHandler answers instead of the handler
	answered              // and has returned
	answering             // ErrorHandler runs
	handed                // the handler has got hold of the headers
	encoded               // and there was a Content-Encoding among them

	// Of a manager with other carriers than the cookie. The bits from wayShift
	// on are the number of the carrier by which the session answers.
	returned = 1 << 16 // the handler has returned, and the headers had left
	unready  = 1 << 17 // the headers left before the session was loaded
	wayShift = 29
)

// had reports whether a moment has come.
func (m *moments) had(moment uint32) bool { return m.bits.Load()&moment != 0 }

// add notes a moment, and returns those before.
func (m *moments) add(moment uint32) (before uint32) { return m.bits.Or(moment) }

// take takes a moment back.
func (m *moments) take(moment uint32) { m.bits.And(^moment) }

// sendUnasked notes that the headers leave if nobody has asked for the
// session. Who asks in the same moment sees that, or is seen.
func (m *moments) sendUnasked() bool {
	before := m.bits.Load()
	return before&asked == 0 && m.bits.CompareAndSwap(before, before|sent)
}
