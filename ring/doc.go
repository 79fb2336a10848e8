// Package ring spreads sessions over several stores, each by its weight. What its
// members promise, it promises, with these exceptions. While a member does not
// answer, its share of the sessions gets an error (policy [Fail], the default):
// that is a 503, and nothing is lost. With [FailOver] others take the share over
// instead, and then the sessions that the member held are gone for good: their
// visitors are logged out, by a crash of a member as by nothing else. That such
// a session never comes back holds for a failure that all processes see, or
// where any two of them reach one common member that both may still use; two
// groups of processes that are cut off from each other, each with members of
// its own, both go on, with sessions of their own, and what one group has
// destroyed may live on in the other. While members change, a process must not
// go on for longer than Options.Overlap (1 hour) without knowing: later it
// may take sessions that have moved for ended ones.
//
//	r, err := ring.New([]ring.Member{
//		{Name: "east", Store: east, Weight: 20},
//		{Name: "west", Store: west, Weight: 10},
//	}, nil)
//	m, err := coatcheck.New(r, nil)
//
// # Where a session is
//
// Each ID ranks the members by weighted rendezvous hashing and is at home with
// the first: a member with twice the weight gets twice the IDs. A new member
// takes its fair share from each of the others, and nothing else moves. Only
// the members' names, their weights and the bytes of the ID count, on every
// platform and in every process alike: never the order of the list, nor the
// stores behind the names. [Ring.Locate] shows the ranking, [Ring.Plan] what a
// change would do. The layout [Ketama] is for farms of memcached or Redis servers
// that other clients use as well.
//
// # Changing members
//
// Sessions stay usable while members change, and processes may learn of it one
// after the other:
//
//  1. Where a member is new, call [Ring.SetMembers] everywhere with it as a
//     standby. (Without this step, a process that is behind answers 503 for
//     the sessions that have moved to a member that it does not know.)
//  2. Call SetMembers everywhere with the new weights, within Options.Overlap.
//     A process that starts meanwhile gets Options.Former.
//  3. When all know, and what they had begun before has ended (after the
//     manager's StoreTimeout), run [Ring.Rebalance] in one process, or leave it
//     to use. Sessions move when they are saved or touched, and by Rebalance.
//  4. Run Rebalance and [Ring.Conclude] in every process. Members that are no
//     longer in the list may be switched off then.
//
// Until Conclude, a session whose place changes takes up to twice as many calls:
// a load looks at both places, a new session leaves a stub at its former home.
// No update is lost meanwhile, none happens twice and no deleted session comes
// back, whoever crashes wherever. How that works is in docs/RING.md, with what
// is stored.
//
// # A member that is down
//
// After five failures in a row a member counts as down: calls to it fail at
// once, but for a probe every few seconds, until one succeeds. An answer like
// [coatcheck.ErrNotFound] is no failure, and neither is a caller's context that
// ends. [Ring.Stats] shows who is down.
//
// With FailOver, a member that has failed for two seconds is given up: the others
// note that, under a number that counts up, the member's epoch. One process that
// alone cannot reach a member gives it up for all, unless it reaches no other
// either. Every process reads the notes once a second, and only when none can
// believe any more that the member is in use, which takes 1 s and two
// MemberTimeouts, do the next in rank take its share over; until then it gets
// errors. When the member answers again it gets its share back, and the sessions
// of the meantime come home as in a change of members, until a Rebalance has
// found them all. (If members cannot list, that state lasts, and costs a second
// look for what is not at home.) Whatever the member still holds has another
// epoch, and is treated as if it were not there: not served, not listed,
// overwritten and left to expire. All processes must use the same policy, and
// a ring that was one of FailOver keeps its notes when it is set to Fail.
//
// # Listings
//
// List, Owned, Sweep, Stat and Watch work if all members can. A member that does
// not answer makes them return a [PartialError] that names it, never a result
// that is silently short. So does one that was given up, in List and Owned, until
// its share is taken over: other processes may serve what it has. Sweep goes on
// with the others first.
package ring
