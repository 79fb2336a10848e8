// Package load puts a load on the servers of the benchmarks: each server in a
// process of its own, visited over real connections by clients that verify
// every reply.
package load
