// Package ketama finds the server of a key on the same continuum as libketama,
// libmemcached with ketama_weighted, and twemproxy with "distribution: ketama",
// so that a farm of memcached or Redis servers can be shared with their users.
// It cannot promise more than they do: shares only near the weights (some
// percent off, by luck of the points), and, when a server joins or its weight
// changes, some keys that move between servers which stay, since the number of
// each one's points depends on all weights.
//
// A server with the average weight has 160 points. Those of a server are the
// four little-endian words of the MD5 sums of "name-0", "name-1" and so on; it
// has floor(weight / total × 40 × servers) sums, reckoned in single precision.
// A key belongs to the first point that is not below its hash.
//
// Libketama itself reckons that number in double precision, which makes it
// another one for about one server in a hundred: see [NewLibketama].
package ketama
