// Package transfer holds the tests that copy stores with the program itself,
// which is killed again and again while FROM is in use. It exports nothing.
package transfer
