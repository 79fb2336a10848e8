// Package removal takes the defences of docs/THREATS.md out, one at a time, and
// wants exactly the numbered tests of each to fail: a defence that no test
// misses may be lost unnoticed, and a test that fails for another reason proves
// nothing.
//
// The shipped code knows nothing of it. The go command is given altered copies
// of the files, in which each defence asks an environment variable whether it
// is taken out, so that one build of a package's tests serves for all of them.
// The package exports nothing.
package removal
