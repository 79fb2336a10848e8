// Package storetest is the contract of [coatcheck.Store] as a test suite. A
// store that passes it can be put under a [coatcheck.Manager]:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) coatcheck.Store {
//			return mystore.New()
//		})
//	}
//
// Every sentence of the contract is a subtest whose name is the rule that it
// checks, so the list of failures reads as the list of broken promises:
//
//	--- FAIL: TestContract/Replace/never_creates_an_absent_record
//
// [Run] needs nothing but the store. A [Suite] takes more and asks more: give
// it a store whose clock can be set, and expiry is tested to the nanosecond;
// a second handle on the same data, and the races run between processes' views
// rather than inside one.
//
// # What the suite does to the store
//
// It works in records with random IDs and random owners and deletes them
// afterwards, so the store need not be empty and may be the same one each time
// it is opened. It leaves the records of others alone, with one exception: a
// store that can sweep loses what has expired and, where the suite may set
// the clock, what expires within the next two minutes. Nobody else should
// change the store meanwhile.
//
// A run makes some twenty thousand calls, many of them at once and a few with
// 1 MiB of data: two seconds in memory, mostly spent waiting for records to
// expire, and several more over a network. Run it under the race detector too:
// the rule that nobody writes to a record that has been handed over is best
// checked there.
//
// What the suite cannot see: that a record survives a crash, and anything that
// goes wrong less often than once in a few hundred races.
//
// The suite is tested itself: by stores of which each breaks one rule, and
// which must fail that rule's subtest.
package storetest
