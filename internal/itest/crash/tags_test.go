//go:build linux && !mutants

package crash_test

// victimTags are the tags with which victims are built.
const victimTags = "faultpoint"
