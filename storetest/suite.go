package storetest

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Run checks the stores that open returns against every rule of the contract
// that needs nothing else; see [Suite.Open] for what open does, and [Suite] to
// have more checked. Optional interfaces that the store lacks or denies are
// shown as skipped.
func Run(t *testing.T, open func(t *testing.T) coatcheck.Store) {
	t.Helper()
	Suite{Open: open}.Run(t)
}

// A Suite says how to get at the store under test. Open or OpenAt must be set;
// each further field adds subtests. A Suite is a plain value; Run does not
// change it.
type Suite struct {
	// Open opens the store under test and registers with t.Cleanup what
	// closes it again; by then the suite may have closed it already. It is
	// called about twenty times. Every call may return the same store,
	// another handle on the same data, or an empty store; the one exception
	// is a store that implements io.Closer, which the suite closes to see
	// what happens, so that the next call must return an open one. Nil means
	// OpenAt with the time of day.
	Open func(t *testing.T) coatcheck.Store

	// OpenAt is Open for a store whose clock is now. The suite sets that
	// clock: to the last nanosecond of a record, a day ahead, an hour back.
	// Records that are meant to live by it also live by the time of day, so
	// a backend may keep its own time to live. Nil leaves expiry to what can
	// be seen in a few hundred milliseconds.
	OpenAt func(t *testing.T, now func() time.Time) coatcheck.Store

	// Peer returns a second handle on the data of a store that Open
	// returned, as another process would have it, and registers with
	// t.Cleanup what closes it. Concurrent calls are spread over both. Nil
	// means that there is one handle.
	Peer func(t *testing.T, store coatcheck.Store) coatcheck.Store

	// OpenSmall opens an empty store that takes at most the given number of
	// small records. Nil leaves ErrFull untested.
	OpenSmall func(t *testing.T, records int) coatcheck.Store

	// Corrupt damages what a store that Open returned keeps under id, in such
	// a way that the store can notice it. Nil leaves ErrCorrupt untested.
	Corrupt func(t *testing.T, store coatcheck.Store, id coatcheck.ID)

	// MaxData is the greatest length of Record.Data in bytes that the store
	// promises to take. Zero means 1 MiB. Data that is longer must be kept
	// whole or refused with ErrTooLarge.
	MaxData int
}

// Run runs the suite as subtests of t.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	if s.Open == nil && s.OpenAt == nil {
		t.Fatal("storetest: Suite.Open and Suite.OpenAt are both nil")
	}
	if s.MaxData < 0 {
		t.Fatalf("storetest: Suite.MaxData is %d, want 0 or more", s.MaxData)
	}
	if s.Open == nil {
		s.Open = func(t *testing.T) coatcheck.Store { return s.OpenAt(t, time.Now) }
	}
	if s.MaxData == 0 {
		s.MaxData = 1 << 20
	}
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) { g.run(t, s) })
	}
}

// A group is the checks of one part of the contract. They share a store.
type group struct {
	name   string
	needs  func(Suite) string                // says which field of the Suite is missing; nil: none is needed
	can    func(coatcheck.Capabilities) bool // whether the store has this part; nil: every store has
	clock  bool                              // the store's clock is the probe's
	checks []check
}

// A check is one rule of the contract, and the subtest that is named after it.
type check struct {
	rule string
	run  func(p *probe)
}

func groups() []group {
	return []group{
		{name: "Load", checks: loadChecks},
		{name: "Create", checks: createChecks},
		{name: "Replace", checks: replaceChecks},
		{name: "Touch", checks: touchChecks},
		{name: "Delete", checks: deleteChecks},
		{name: "Version", checks: versionChecks},
		{name: "Verbatim", checks: verbatimChecks},
		{name: "Immutable", checks: immutableChecks},
		{name: "Expiry", checks: expiryChecks},
		{name: "Clock", checks: boundaryChecks, clock: true, needs: needsOpenAt},
		{name: "Context", checks: contextChecks},
		{name: "Race", checks: raceChecks},
		{name: "Mixup", checks: mixupChecks},
		{name: "Peer", checks: peerChecks, needs: needsPeer},
		{name: "List", checks: listChecks, can: canList},
		{name: "Owned", checks: ownedChecks, can: canOwn},
		{name: "Sweep", checks: sweepChecks, can: canSweep},
		{name: "Stat", checks: statChecks, can: canStat},
		{name: "Watch", checks: watchChecks, can: canWatch},
		{name: "Capabilities", checks: capabilityChecks},
		{name: "Full", checks: fullChecks, needs: needsOpenSmall},
		{name: "Corrupt", checks: corruptChecks, needs: needsCorrupt},
		{name: "Close", checks: closeChecks},
	}
}

func canList(c coatcheck.Capabilities) bool  { return c.List }
func canOwn(c coatcheck.Capabilities) bool   { return c.Owners }
func canSweep(c coatcheck.Capabilities) bool { return c.Sweep }
func canStat(c coatcheck.Capabilities) bool  { return c.Stat }
func canWatch(c coatcheck.Capabilities) bool { return c.Watch }

func needsOpenAt(s Suite) string    { return missing(s.OpenAt == nil, "OpenAt") }
func needsPeer(s Suite) string      { return missing(s.Peer == nil, "Peer") }
func needsOpenSmall(s Suite) string { return missing(s.OpenSmall == nil, "OpenSmall") }
func needsCorrupt(s Suite) string   { return missing(s.Corrupt == nil, "Corrupt") }

func missing(is bool, field string) string {
	if is {
		return field
	}
	return ""
}

// run opens one store for the group and runs its checks one after the other.
func (g group) run(t *testing.T, s Suite) {
	if g.needs != nil {
		if field := g.needs(s); field != "" {
			t.Skipf("storetest: Suite.%s is not set", field)
		}
	}
	var c *clock
	var store coatcheck.Store
	if g.clock {
		c = new(clock)
		c.reset()
		store = s.OpenAt(t, c.now)
	} else {
		store = s.Open(t)
	}
	if g.can != nil && !g.can(coatcheck.CapabilitiesOf(store)) {
		t.Skip("storetest: the store has no such capability")
	}
	peer := store
	if s.Peer != nil && !g.clock {
		peer = s.Peer(t, store)
	}
	for _, check := range g.checks {
		t.Run(check.rule, func(t *testing.T) { check.run(newProbe(t, s, store, peer, c)) })
	}
}
