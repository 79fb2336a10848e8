//go:build linux

package mutation_test

// The test binaries that look for mistakes, by their packages' directories from
// the root of the repository.
const (
	own     = "hashstore"            // the store's own tests: storetest, power failures
	crashes = "internal/itest/crash" // kills, and cuts of real disks
)

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
	{"sync.skip", own, "^TestPowerFailure$"},
	{"sync.skip-range", own, "^TestPowerFailure$"},
	{"none.keep", own, "^TestPowerFailure$"},
	{"lock.no-repair", crashes, "^TestKillAtEveryStep$/^hashstore$"},
	{"put.publish-first", crashes, "^TestKillAtEveryStep$/^hashstore$"},
	{"compact.write-expiry", crashes, "^TestKill$/^hashstore$"},
	{"load.reuse-buffer", crashes, "^TestKill$/^hashstore$"},
	{"owner.keep-replaced", crashes, "^TestKill$/^hashstore$"},
	{"seat.same-incarnation", crashes, "^TestKill$/^hashstore$"},
}

// unseen are mistakes that the ordinary tests do not find, or not each time: they
// open a window of nanoseconds, or need several rare events at once.
var unseen = []string{
	"append.no-recheck", "compact.drop-tombstone", "compact.free-at-once", "compact.skip-sync", "grow.even-edition",
	"load.no-recheck", "load.trust-miss", "open.skip-directory-sync", "sweep.no-tombstone", "touch.no-cap",
}
