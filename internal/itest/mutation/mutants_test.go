//go:build linux

package mutation_test

// The test binaries that look for mistakes, by their packages' directories from
// the root of the repository.
const (
	own     = "hashstore"            // the store's own tests: storetest, power failures
	crashes = "internal/itest/crash" // kills, and cuts of real disks
)

// powerFailure is the test of power failures at random moments.
const powerFailure = "^TestPowerFailure$"

// A mutant is a mistake in hashstore, and what finds it: tests of one of the
// suites, as they are for everybody.
type mutant struct {
	name  string
	suite string
	run   string // tests, as -test.run takes them
}

// mutants are the mistakes that are found. The source says what each of them
// does.
var mutants = []mutant{
	{"index.truncated-key", own, "^TestContract$/^none$/^map$/^Verbatim$"},
	{"expiry.off-by-one", own, "^TestContract$/^interval$/^map$/^Clock$"},
	{"load.skip-checksum", own, "^TestContract$/^none$/^map$/^Corrupt$"},
	{"put.ignore-version", own, "^TestContract$/^interval$/^map$/^Replace$"},
	{"put.skip-append", own, "^TestContract$/^none$/^map$/^Load$"},
	{"touch.backwards", own, "^TestContract$/^always$/^map$/^Touch$"},
	{"touch.revive", own, "^TestContract$/^none$/^map$/^Create$"},
	{"sync.skip", own, powerFailure},
	{"sync.skip-range", own, powerFailure},
	{"none.keep", own, powerFailure},
	{"load.trust-miss", own, "^TestMissInAFormerIndexIsNoMiss$"},
	{"load.no-recheck", own, "^TestReaderThatIsOvertakenTriesAgain$"},
	{"grow.even-edition", own, "^TestTouchDuringGrowthIsNotLost$"},
	{"touch.no-cap", own, "^TestTouchEndsAtTheDeadline$"},
	{"append.no-recheck", own, "^TestFullSegmentDoesNotOverrunItsNeighbour$"},
	{"compact.drop-tombstone", own, "^TestTombstoneOutlivesItsSegment$"},
	{"compact.free-at-once", own, "^TestSegmentIsFreedAfterItsRecordsAreSafe$"},
	{"compact.skip-sync", own, "^TestSegmentIsFreedAfterItsRecordsAreSafe$"},
	{"sweep.no-tombstone", own, "^TestSweptEndDoesNotRevive$"},
	{"open.skip-directory-sync", own, "^TestNameOfANewFileLasts$"},
	{"lock.no-repair", own, "^TestSeatOfTheDeadKeepsNoLock$"},
	{"put.publish-first", crashes, "^TestKillAtEveryStep$/^hashstore$"},
	{"compact.write-expiry", crashes, "^TestKill$/^hashstore$"},
	{"load.reuse-buffer", crashes, "^TestKill$/^hashstore$"},
	{"owner.keep-replaced", crashes, "^TestKill$/^hashstore$"},
	{"seat.same-incarnation", crashes, "^TestKill$/^hashstore$"},
}
