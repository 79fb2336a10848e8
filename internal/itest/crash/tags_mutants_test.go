//go:build linux && !race && mutants

package crash_test

// victimTags are the tags with which victims are built: they make the same
// mistakes as the parent.
const victimTags = "faultpoint,mutants"
