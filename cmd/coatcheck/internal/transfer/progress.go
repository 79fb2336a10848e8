package transfer

// A Phase is a part of the work.
type Phase string

// The phases.
const (
	Reading   Phase = "reading"   // a pass through FROM
	Ending    Phase = "ending"    // what FROM has no longer is ended in TO
	Verifying Phase = "verifying" // TO is read and compared
	Importing Phase = "importing" // an export is read, and written to TO
)

// A Progress says how far work has come.
type Progress struct {
	Phase   Phase
	Pass    int   // counted from 1
	Done    int64 // sessions looked at in this phase
	Total   int64 // how many there are; −1 if nobody knows
	Changes int64 // how many of FROM's changes were carried over so far, in all passes

	// Rate is how many were looked at in a second of this phase, by the
	// monotonic clock.
	Rate float64
}

// phase begins a phase of so many sessions.
func (r *run) phase(p Phase, total int64) {
	r.meter = newMeter(r.Progress, p, total)
	r.meter.p.Pass = r.res.Passes
}

// step tells of n more sessions.
func (r *run) step(n int) { r.meter.step(n, r.changes) }
