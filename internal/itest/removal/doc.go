// Package removal takes the defences of docs/THREATS.md out, one at a time, and
// wants exactly the numbered tests of each to fail: a defence that no test
// misses may be lost unnoticed, and a test that fails for another reason proves
// nothing. The shipped code knows nothing of it: the go command is given altered
// copies of the files. The package exports nothing.
package removal
