//go:build !race

package itest_test

// slower is by how much the counts of an ordinary run are divided.
const slower = 1
