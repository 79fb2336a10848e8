// Package mutation puts mistakes into a store, one at a time, and wants the
// tests that everybody runs to find each of them: a promise whose test cannot
// fail is not tested. It exports nothing.
package mutation
