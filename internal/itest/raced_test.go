//go:build race

package itest_test

// slower is by how much the counts of an ordinary run are divided: the race
// detector makes ten times the work of each.
const slower = 3
