package coatcheck

import "sync/atomic"

// Stats are a manager's counters since [New]. They only grow.
type Stats struct {
	Loads   uint64 // records asked of the store
	Saves   uint64 // records created or replaced
	Touches uint64 // idle deadlines moved

	// One counter for each kind of [Event].
	Created, Renewed, Logins, Destroyed, Expired, Rejected, Duplicates,
	Replayed, Gone, LateChanges, DecodeFailures, StoreErrors, Refused,
	CapFailures, Rotated, Reused uint64
}

// counters are the live form of Stats.
type counters struct {
	loads, saves, touches atomic.Uint64
	events                [eventKinds]atomic.Uint64
}

// Stats returns the counters. It is cheap and safe for concurrent use; the
// figures need not be consistent with each other.
func (m *Manager) Stats() Stats {
	of := func(k EventKind) uint64 { return m.counts.events[k].Load() }
	return Stats{
		Loads:          m.counts.loads.Load(),
		Saves:          m.counts.saves.Load(),
		Touches:        m.counts.touches.Load(),
		Created:        of(EventCreated),
		Renewed:        of(EventRenewed),
		Logins:         of(EventLogin),
		Destroyed:      of(EventDestroyed),
		Expired:        of(EventExpired),
		Rejected:       of(EventRejected),
		Duplicates:     of(EventDuplicate),
		Replayed:       of(EventReplayed),
		Gone:           of(EventGone),
		LateChanges:    of(EventLateChange),
		DecodeFailures: of(EventDecodeFailure),
		StoreErrors:    of(EventStoreError),
		Refused:        of(EventRefused),
		CapFailures:    of(EventCapFailure),
		Rotated:        of(EventRotated),
		Reused:         of(EventReused),
	}
}
