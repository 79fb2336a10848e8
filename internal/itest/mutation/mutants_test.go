//go:build linux

package mutation_test

// The test binaries that look for mistakes, by their packages' directories from
// the root of the repository.
const (
	own       = "hashstore"            // the store's own tests, storetest among them
	histories = "internal/itest"       // linearizability, over processes too
	crashes   = "internal/itest/crash" // kills and power cuts
)

// A mutant is a mistake in hashstore, and what finds it: tests of one of the
// suites, as they are for everybody.
type mutant struct {
	name  string
	suite string
	run   string // tests, as -test.run takes them
}

// mutants are all mistakes. The source says what each of them does.
var mutants = []mutant{
	{"append.no-recheck", crashes, "TestKill$/^hashstore$"},
}
