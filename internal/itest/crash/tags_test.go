//go:build linux && !race && !mutants

package crash_test

// victimTags are the tags with which victims are built.
const victimTags = "faultpoint"
