// Package simple is a store that several processes may share and that is too
// simple to be wrong: a file to which every change is appended under a lock, and
// a map of what is in it. Tests compare themselves with it; its flaws, which
// have to be asked for, are what they must find.
package simple
