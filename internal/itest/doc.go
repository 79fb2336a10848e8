// Package itest holds the tests that need more than the standard library: other
// people's libraries, or real servers. It exports nothing.
//
// Concurrent clients work on a store, and on sessions through two managers,
// while calls fail, succeed without saying so, or take effect too late; what
// the clients saw is then held against a model, by porcupine. A state machine
// drives a manager step by step against a model of what it promises, by rapid.
// The same checkers must find fault with stores that are broken on purpose.
//
// Every store of this house is a line in the table in stores_test.go.
//
// With COATCHECK_TORTURE=1 the counts are the long ones. A history that fits no
// model is left as a page in a directory whose name the failing test prints.
package itest
