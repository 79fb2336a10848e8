//go:build !mutants

package hashstore

// mutant is false in every ordinary build. With the build tag mutants it tells
// whether the named mistake is to be made, so that the tests can be tested.
func mutant(string) bool { return false }
